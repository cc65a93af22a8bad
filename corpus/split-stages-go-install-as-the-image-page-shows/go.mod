module example.com/app

go 1.23

require github.com/julienschmidt/httprouter v1.3.0
