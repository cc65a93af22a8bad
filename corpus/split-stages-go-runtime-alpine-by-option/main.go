package main

import (
	"fmt"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(answer, "it ticks")
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
