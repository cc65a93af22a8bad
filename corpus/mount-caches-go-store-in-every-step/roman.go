package main

import (
	"fmt"
	"strings"
)

// Numeral writes a small number the Roman way.
func Numeral(n int) string {
	var b strings.Builder
	for _, step := range []struct {
		value int
		text  string
	}{{10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= step.value; n -= step.value {
			b.WriteString(step.text)
		}
	}
	return b.String()
}

func main() {
	fmt.Println("14 is", Numeral(14))
}
