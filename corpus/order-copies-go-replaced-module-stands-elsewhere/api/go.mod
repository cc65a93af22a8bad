module example.com/ferry/api

go 1.22

require (
	example.com/ferry/shared v0.0.0
	github.com/google/uuid v1.6.0
)

// the image puts both parts together
replace example.com/ferry/shared => ./shared
