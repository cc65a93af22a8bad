// Prints a program as gofmt writes it.
package main

import (
	"fmt"
	"log"
	"os/exec"
	"strings"
)

func main() {
	command := exec.Command("/usr/local/go/bin/gofmt")
	command.Stdin = strings.NewReader("package x\nvar  y=1\n")
	out, err := command.Output()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(out))
}
