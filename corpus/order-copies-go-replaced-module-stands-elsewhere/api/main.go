package main

import (
	"fmt"
	"log"
	"net/http"

	"example.com/ferry/shared"
	"github.com/google/uuid"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		ticket := uuid.NewSHA1(uuid.NameSpaceURL, []byte(shared.Route()))
		fmt.Fprintf(w, "%s, ticket %s\n", shared.Route(), ticket)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
