package report

import (
	"bytes"
	_ "embed"
	"html"
	"html/template"
	"io"

	"github.com/seed-1814a72b/paceline/internal/chart"
	"github.com/seed-1814a72b/paceline/internal/tamed"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string

	pageTemplate = template.Must(template.New("page").Parse(pageText))
)

// Page writes the report as one HTML document that needs nothing else, under a
// policy that lets no other script run and nothing be loaded. What items, answers
// and servers say is text in it, whatever it is.
func (r *Report) Page(w io.Writer) error {
	charts := r.charts()
	data, err := chart.JSON(chart.Data{Charts: charts, Tables: r.tables()})
	if err != nil {
		return err
	}
	style, script := chart.Style()+pageStyle, chart.Script()
	policy := chart.Policy([]string{style}, []string{script})
	var b bytes.Buffer
	b.WriteString("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	b.WriteString("<meta http-equiv=\"Content-Security-Policy\" content=\"" + html.EscapeString(policy) + "\">\n")
	b.WriteString("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
	b.WriteString("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n")
	b.WriteString("<title>" + html.EscapeString(tamed.Text(r.Headline)) + "</title>\n<style>" + style + "</style>\n</head>\n<body>\n")
	var words bytes.Buffer
	if err := pageTemplate.Execute(&words, newView(r, charts)); err != nil {
		return err
	}
	b.WriteString(tamed.Text(words.String()))
	b.WriteString("<script type=\"application/json\" id=\"paceline-data\">")
	b.Write(data)
	b.WriteString("</script>\n<script>" + script + "</script>\n</body>\n</html>\n")
	_, err = w.Write(b.Bytes())
	return err
}
