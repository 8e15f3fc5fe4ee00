package chart

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// What is embedded. uPlot 1.6.32 is as its authors publish it.
var (
	//go:embed uplot/uPlot.min.js
	uplotScript string
	//go:embed uplot/uPlot.min.css
	uplotStyle string
	//go:embed uplot/LICENSE
	uplotLicence string

	//go:embed assets/page.css
	pageStyle string
	//go:embed assets/table.css
	tableStyle string
	//go:embed assets/format.js
	formatScript string
	//go:embed assets/plot.js
	plotScript string
	//go:embed assets/chart.js
	chartScript string
	//go:embed assets/table.js
	tableScript string
	//go:embed assets/mount.js
	mountScript string
)

// Style returns the stylesheet of a page. It is the same at every call.
func Style() string {
	return "/* uPlot: MIT; see the script */\n" + uplotStyle + pageStyle + tableStyle
}

// Script returns the script of a page, with the licence of what it holds. It is
// the same at every call.
func Script() string {
	return "/*! uPlot 1.6.32\n" + uplotLicence + "\n*/\n" +
		strings.Join([]string{uplotScript, formatScript, plotScript, chartScript, tableScript, mountScript}, "\n")
}

// Policy returns the Content-Security-Policy of a page that consists of these
// styles and scripts and nothing else: no other runs, and nothing is loaded from
// or sent to anywhere. The texts are those between the tags, to the byte.
func Policy(styles, scripts []string) string {
	return "default-src 'none'; style-src " + hashes(styles) + "; script-src " + hashes(scripts) +
		"; img-src data:; base-uri 'none'; form-action 'none'"
}

// hashes returns a list of sources that consists of texts.
func hashes(texts []string) string {
	list := make([]string, len(texts))
	for i, text := range texts {
		sum := sha256.Sum256([]byte(text))
		list[i] = "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return strings.Join(list, " ")
}

// JSON writes v for a script element of a page: no text in it ends the element,
// begins a comment or another one, or breaks a line of JavaScript, since <, >, &,
// U+2028 and U+2029 are escaped wherever they stand.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(true)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
