package main

import (
	"log"
	"net/http"
	"os"

	"example.com/handbook/internal/store"
)

func main() {
	pages := store.Pages{Folder: os.Getenv("PAGES")}
	http.HandleFunc("GET /{name}", func(w http.ResponseWriter, r *http.Request) {
		text, err := pages.Read(r.PathValue("name"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Write(text)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
