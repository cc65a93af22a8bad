package main

import (
	"fmt"
	"log"
	"net/http"
)

var release = "unset"

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "release", release)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
