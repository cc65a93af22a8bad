package main

import (
	"database/sql"
	"fmt"
	"log"
	"net/http"
	"os"

	_ "github.com/mattn/go-sqlite3"
)

func main() {
	if err := os.MkdirAll("./data", 0o755); err != nil {
		log.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "./data/notes.db")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT)"); err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if _, err := db.Exec("INSERT INTO note (text) VALUES (?)", r.URL.Path); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		var count int
		db.QueryRow("SELECT count(*) FROM note").Scan(&count)
		fmt.Fprintf(w, "notes: %d\n", count)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
