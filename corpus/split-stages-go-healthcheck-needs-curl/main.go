package main

import (
	"io"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "healthy")
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
