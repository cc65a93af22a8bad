package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
)

const logFolder = "logs"

func main() {
	if err := os.MkdirAll(logFolder, 0o755); err != nil {
		log.Fatal(err)
	}
	file, err := os.OpenFile(filepath.Join(logFolder, "visits.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	visits := log.New(file, "", log.LstdFlags)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		visits.Println(r.RemoteAddr, r.URL.Path)
		fmt.Fprintln(w, "visit noted")
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
