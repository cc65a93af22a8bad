// Tides answers with the hour of the next high water.
package main

import (
	"crypto/sha256"
	"fmt"
	"log"
	"net/http"
	"time"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		now := time.Now().UTC()
		sum := sha256.Sum256([]byte(now.Format(time.DateOnly)))
		fmt.Fprintf(w, "high water at %02d:00\n", sum[0]%24)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
