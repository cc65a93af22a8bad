package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"net/http"
)

func ask(command string) (string, error) {
	connection, err := net.Dial("tcp", "127.0.0.1:6379")
	if err != nil {
		return "", err
	}
	defer connection.Close()
	fmt.Fprintf(connection, "%s\r\n", command)
	return bufio.NewReader(connection).ReadString('\n')
}

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answer, err := ask("PING")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, "redis says %s", answer)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
