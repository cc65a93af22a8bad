package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("job started with", os.Getenv("MODE"))
}
