module example.com/salute

go 1.23

require github.com/julienschmidt/httprouter v1.3.0
