package main

import (
	"os"
	"strings"
	"testing"
)

func TestNumeral(t *testing.T) {
	data, err := os.ReadFile("testdata/nine.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := Numeral(9), strings.TrimSpace(string(data)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
