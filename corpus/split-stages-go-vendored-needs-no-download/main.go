package main

import (
	"fmt"

	"example.com/price"
)

func main() {
	fmt.Println("coffee costs", price.Of("coffee"))
}
