package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	names := flag.String("names", "", "file of the names")
	flag.Parse()
	text, err := os.ReadFile("names.txt")
	if *names != "" {
		text, err = os.ReadFile(*names)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(os.Getenv("GREETING"), strings.Join(strings.Fields(string(text)), " and "), flag.Args())
}
