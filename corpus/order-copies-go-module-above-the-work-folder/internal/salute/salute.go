// Package salute makes greetings.
package salute

// To greets somebody.
func To(name string) string {
	return "salute " + name + "\n"
}
