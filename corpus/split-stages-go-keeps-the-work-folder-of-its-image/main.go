package main

import (
	"fmt"
	"os"
)

func main() {
	folder, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	fmt.Println("it runs in", folder)
}
