package store

import (
	"os"
	"path/filepath"
)

// Pages are the texts of one folder.
type Pages struct{ Folder string }

// Read gives a page by its name.
func (p Pages) Read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(p.Folder, filepath.Base(name)+".md"))
}
