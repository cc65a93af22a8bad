package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	upstream := os.Getenv("UPSTREAM")
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if upstream == "" {
			fmt.Fprintln(w, "no upstream is set")
			return
		}
		response, err := http.Get("https://" + upstream)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		fmt.Fprintln(w, response.Status)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
