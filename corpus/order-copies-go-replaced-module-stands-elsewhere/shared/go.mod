module example.com/ferry/shared

go 1.22
