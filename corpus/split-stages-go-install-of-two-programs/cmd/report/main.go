package main

import "fmt"

func main() {
	fmt.Println("report ready")
}
