package main

import (
	"fmt"

	"github.com/google/uuid"
)

func main() {
	id := uuid.NewSHA1(uuid.NameSpaceDNS, []byte("stamp.example.com"))
	fmt.Println("stamp uses", id.Version())
}
