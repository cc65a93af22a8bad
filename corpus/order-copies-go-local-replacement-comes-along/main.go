package main

import (
	"fmt"

	"example.com/sum"
	"github.com/google/uuid"
)

func main() {
	id := uuid.NewSHA1(uuid.NameSpaceDNS, []byte("calc.example.com"))
	fmt.Println(id.Version(), "sum is", sum.Of(1, 2, 3))
}
