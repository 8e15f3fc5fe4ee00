package dash

import (
	"bytes"
	"embed"
	"net/http"
	"path"

	"github.com/seed-1814a72b/paceline/internal/chart"
)

//go:embed page
var pageFiles embed.FS

// kinds are the media types of what the page is made of.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// csrfPlace is where the page's HTML has the value of the header that orders
// need.
const csrfPlace = "CSRF-VALUE"

// servePage serves the page at / and each of its files by its name. All of it is
// read when the handler is made, so that nothing can be missing later.
func (d *Dash) servePage(mux *http.ServeMux) {
	for name, body := range d.pageParts() {
		pattern := "GET /" + name
		if name == "index.html" {
			pattern = "GET /{$}"
		}
		kind := kinds[path.Ext(name)]
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			// Who does not take it is gone.
			_, _ = w.Write(body)
		})
	}
}

// pageParts returns the files of the page, by name. What draws is that of reports.
func (d *Dash) pageParts() map[string][]byte {
	parts := map[string][]byte{"chart.css": []byte(chart.Style()), "chart.js": []byte(chart.Script())}
	entries, err := pageFiles.ReadDir("page")
	if err != nil {
		panic(err) // it is compiled in
	}
	for _, e := range entries {
		b, err := pageFiles.ReadFile("page/" + e.Name())
		if err != nil {
			panic(err) // likewise
		}
		parts[e.Name()] = bytes.Replace(b, []byte(csrfPlace), []byte(d.csrf), 1)
	}
	return parts
}
