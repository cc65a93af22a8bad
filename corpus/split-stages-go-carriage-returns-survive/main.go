package main

import "fmt"

func main() {
	fmt.Println("line endings survive")
}
