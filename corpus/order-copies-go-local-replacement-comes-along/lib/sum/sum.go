package sum

// Of adds numbers.
func Of(numbers ...int) (total int) {
	for _, number := range numbers {
		total += number
	}
	return total
}
