package main

import (
	"embed"
	"io/fs"
	"log"
	"net/http"
)

//go:embed web
var files embed.FS

func main() {
	pages, err := fs.Sub(files, "web")
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(":8080", http.FileServerFS(pages)))
}
