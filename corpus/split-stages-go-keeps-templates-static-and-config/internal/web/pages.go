package web

import (
	"html/template"
	"net/http"
	"path/filepath"
)

const templateDir = "templates"

// Home renders the first page.
func Home(title string) (http.HandlerFunc, error) {
	pages, err := template.ParseGlob(filepath.Join(templateDir, "*.html"))
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request) {
		pages.ExecuteTemplate(w, "home.html", struct{ Title string }{title})
	}, nil
}
