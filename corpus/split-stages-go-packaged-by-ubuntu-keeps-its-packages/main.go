package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	place, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	noon := time.Date(2024, time.July, 1, 12, 0, 0, 0, time.UTC)
	fmt.Println(noon.In(place).Format("15:04 MST"))
}
