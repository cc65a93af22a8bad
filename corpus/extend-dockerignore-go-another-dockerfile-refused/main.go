package main

import "fmt"

func main() {
	fmt.Println("two ways to one program")
}
