module example.com/hypot

go 1.23
