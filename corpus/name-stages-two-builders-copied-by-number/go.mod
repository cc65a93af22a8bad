module example.com/fortune

go 1.23
