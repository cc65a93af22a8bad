package main

import (
	"fmt"
	"log"
	"os"
)

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func main() {
	path := setting("COUNTER_FILE", "state/count.txt")
	if err := os.WriteFile(path, []byte("1\n"), 0o644); err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(path)
	fmt.Printf("counted %s", text)
	if err != nil {
		log.Fatal(err)
	}
}
