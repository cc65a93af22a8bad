module example.com/calc

go 1.23

require (
	example.com/sum v0.0.0
	github.com/google/uuid v1.6.0
)

replace example.com/sum => ./lib/sum
