package main

import (
	"log"
	"net/http"
	"os"
	"strings"

	"example.com/site/internal/web"
)

func title() string {
	data, err := os.ReadFile("config.yaml")
	if err != nil {
		log.Fatal(err)
	}
	return strings.TrimSpace(strings.TrimPrefix(string(data), "title:"))
}

func main() {
	home, err := web.Home(title())
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", home)
	http.Handle("/static/", http.StripPrefix("/static/", http.FileServer(http.Dir("static"))))
	log.Fatal(http.ListenAndServe("0.0.0.0:8080", nil))
}
