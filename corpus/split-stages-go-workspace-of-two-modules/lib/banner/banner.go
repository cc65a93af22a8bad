package banner

import "os"

// Text reads the banner that is shown on the first page.
func Text() (string, error) {
	data, err := os.ReadFile("lib/banner.txt")
	return string(data), err
}
