package main

import (
	"io"
	"log"
	"net/http"

	"example.com/ws/lib/banner"
	"github.com/julienschmidt/httprouter"
)

func main() {
	router := httprouter.New()
	router.GET("/", func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) {
		text, err := banner.Text()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		io.WriteString(w, text)
	})
	log.Fatal(http.ListenAndServe(":8080", router))
}
