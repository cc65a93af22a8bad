package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	for _, name := range []string{"/srv/words.txt", "/srv/sorted.txt"} {
		text, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		fmt.Println(strings.Join(strings.Fields(string(text)), " "))
	}
}
