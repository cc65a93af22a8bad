module example.com/shop

go 1.23

require example.com/price v0.0.0

replace example.com/price => ./third_party/price
