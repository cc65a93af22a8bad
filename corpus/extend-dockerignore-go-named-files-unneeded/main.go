package main

import "fmt"

func main() {
	fmt.Println("nothing but its sources")
}
