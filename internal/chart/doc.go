// Package chart is how pictures of a run are drawn: one stylesheet and one
// script, for a page that is written to a file and for one that is served. The
// script draws with uPlot (https://github.com/leeoniya/uPlot, MIT; its licence
// goes with the script). Nothing is fetched from anywhere.
//
// # Use
//
// A page puts [Style] into a style element and [Script] into a script element,
// and states [Policy] in a meta element or header: neither attributes with
// styles or handlers nor addresses are needed. In its body
//
//	<div data-chart="throughput"></div>
//	<div data-table="failed"></div>
//
// are the places of charts and tables, and
//
//	<script type="application/json" id="paceline-data">{"charts":{"throughput":{...}},"tables":{"failed":{...}}}</script>
//
// holds what goes there: a [Data], written by [JSON], which no text in it can
// break out of. When the document has been read, the script draws them all. A
// page that changes calls
//
//	const drawn = paceline.mount(document, data)  // {charts: {name: chart}, tables: {name: table}}
//	drawn.charts.throughput.set(spec)             // a later state of the same chart
//	drawn.tables.failed.set(spec)
//
// or, for a single one, paceline.chart(element, spec) and paceline.table(element,
// spec). set keeps what the reader has zoomed, hidden, sorted, opened and typed.
// Texts go to the page as text only. paceline.format has the functions by
// which figures are written: number, share, duration, span, usd, bytes, value(v, unit).
//
// # Form
//
// The types of this package are the form, by their names in JSON. Where a value
// is not known there is null: a line has a gap there. Names that are not known
// are an error in the browser's console, and nothing is drawn.
//
// Colours go by tone, a name that the stylesheet knows: main, second, third,
// limit, good, warn, bad, muted, and the names of what limits a run
// (paceline.Bottleneck), none for "". Both light and dark pages have theirs.
package chart
