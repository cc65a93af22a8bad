package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

func getenv(key, fallback string) string {
	if value := os.Getenv(key); value != "" {
		return value
	}
	return fallback
}

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "front door")
	})
	log.Fatal(http.ListenAndServe(":"+getenv("PORT", "8080"), nil))
}
