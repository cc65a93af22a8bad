module example.com/tools/hello/v2

go 1.23
