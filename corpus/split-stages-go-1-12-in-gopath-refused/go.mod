module example.com/hello

go 1.12

require github.com/gorilla/mux v1.7.4
