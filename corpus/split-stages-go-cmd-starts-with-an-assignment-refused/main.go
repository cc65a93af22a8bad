package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("config is", os.Getenv("config"))
}
