module example.com/formatter

go 1.22
