package main

import (
	"embed"
	"io/fs"
	"log"
	"net/http"

	"github.com/julienschmidt/httprouter"
)

//go:embed web/dist
var pages embed.FS

func main() {
	dist, err := fs.Sub(pages, "web/dist")
	if err != nil {
		log.Fatal(err)
	}
	router := httprouter.New()
	router.NotFound = http.FileServerFS(dist)
	log.Fatal(http.ListenAndServe(":8080", router))
}
