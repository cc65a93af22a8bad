// The almanac is a few pages that anybody may read.
package main

import (
	"log"
	"net/http"
)

func main() {
	http.Handle("/", http.FileServer(http.Dir("pages")))
	log.Fatal(http.ListenAndServe(":8080", nil))
}
