// Package price knows what things cost.
package price

// Of returns the price of an item in cents.
func Of(item string) int {
	return len(item) * 100
}
