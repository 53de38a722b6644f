package page

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"sync"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// A Report is what a page shows.
type Report struct {
	Audit *conflicts.Audit
	// Fixes are the names of the fix files that hold changes.
	Fixes []string
	// Runs are the last runs that are remembered, the oldest first and this one last. There
	// are none if no run is remembered.
	Runs []Run
}

// A Run is what the trend shows of a run.
type Run struct {
	Time time.Time
	// Complete says that the run read everything. Only then Conflicts is a number that can be
	// compared with others.
	Complete  bool
	Conflicts int
}

var (
	//go:embed page.css
	style string
	//go:embed page.js
	script string
	//go:embed *.tmpl
	files embed.FS
)

// policy forbids a browser to load, run or send anything but the style and the script of the page.
func policy() string {
	return "default-src 'none'; style-src '" + digest(style) + "'; script-src '" + digest(script) + "'; base-uri 'none'; form-action 'none'"
}

// digest names a style or script as Content Security Policy does.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// page is parsed when it is needed, as most commands write no page.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page.tmpl").Funcs(template.FuncMap{
		"style":    func() template.CSS { return template.CSS(style) },
		"script":   func() template.JS { return template.JS(script) },
		"policy":   policy,
		"text":     text,
		"address":  address,
		"escape":   words.Escape,
		"number":   words.Number,
		"quantity": words.Quantity,
		"capital":  words.Capital,
		"date":     date,
		"day":      day,
	}).ParseFS(files, "*.tmpl"))
})

// Write writes a page.
func Write(w io.Writer, r Report) error {
	out := bufio.NewWriterSize(w, 64<<10)
	if err := page().Execute(out, newView(r)); err != nil {
		return err
	}
	return out.Flush()
}
