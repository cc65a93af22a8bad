package main

import (
	"crypto/x509"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		log.Fatal(err)
	}
	noon := time.Date(2024, time.January, 15, 12, 0, 0, 0, time.UTC)
	roots, err := x509.SystemCertPool()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("noon is", noon.In(rome).Format("15:04 MST"), "- trusts somebody:", !roots.Equal(x509.NewCertPool()))
	if url := os.Getenv("CALENDAR_URL"); url != "" {
		resp, err := http.Get(url)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(resp.Status)
	}
}
