module example.org/where

go 1.22
