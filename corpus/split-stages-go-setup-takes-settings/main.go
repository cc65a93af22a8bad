package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	settings, err := os.ReadFile("/etc/settled/settings.yaml")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "settled with %s", settings)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
