package main

import (
	"fmt"
	"log"
	"net/http"

	"example.com/salute/internal/salute"
	"github.com/julienschmidt/httprouter"
)

func main() {
	router := httprouter.New()
	router.GET("/to/:name", func(w http.ResponseWriter, _ *http.Request, ps httprouter.Params) {
		fmt.Fprint(w, salute.To(ps.ByName("name")))
	})
	log.Fatal(http.ListenAndServe(":8080", router))
}
