package main

// A kind is what is shown of a run. What it says is what the table calls it.
type kind struct {
	name, what string
	view       bool // drawn on a terminal; else --quiet
	log        string
	metrics    bool
	ui         bool
}

// off is what all are compared with, itself too: how two runs differ that are
// alike is the noise of the method.
const off = "off"

// The table of the page is of these; the others tell which part costs what.
const usualKinds = "^all$"

func allKinds() []kind {
	return []kind{
		{name: off, what: "nothing either: the noise of the method"},
		{name: "all", what: "everything: the view, `--log`, `--metrics` read each second, `--ui` with a page open",
			view: true, log: "info", metrics: true, ui: true},
		{name: "view", what: "the view on a terminal alone", view: true},
		{name: "log", what: "`--log FILE` alone", log: "info"},
		{name: "metrics", what: "`--metrics` alone, read each second", metrics: true},
		{name: "ui", what: "`--ui` alone, with a page open", ui: true},
		{name: "debug", what: "`--log FILE --log-level debug` alone: a line for every attempt", log: "debug"},
	}
}
