package chart

// A Table is rows that can be sorted, filtered and opened.
type Table struct {
	Columns []Column `json:"columns"`
	Rows    []Row    `json:"rows"`
	Empty   string   `json:"empty,omitempty"`  // shown where there are no rows
	Note    string   `json:"note,omitempty"`   // shown below
	Shown   int      `json:"shown,omitempty"`  // rows at first; 0: 10. There is a button for more
	Filter  bool     `json:"filter,omitempty"` // there is a field to search in, and a choice for each column of Choice
}

// A Cellkind says how the values of a column are written.
type Cellkind string

// The kinds of cells. A value that is null is shown as a dash.
const (
	Text   Cellkind = "text"   // a string
	Long   Cellkind = "long"   // a string that takes what room there is, cut to one line
	Code   Cellkind = "code"   // a string, in the type of code
	Choice Cellkind = "choice" // one of few strings
	State  Cellkind = "state"  // a choice with a coloured dot: done, or a trouble
	Number Cellkind = "number" // and these are numbers, written by their Unit
)

// A Column is one column of a table.
type Column struct {
	Name string   `json:"name"`
	Kind Cellkind `json:"kind"`
	Unit Unit     `json:"unit,omitempty"` // of numbers
	Hint string   `json:"hint,omitempty"` // what it is, in a sentence
}

// A Row is one row of a table.
type Row struct {
	// Cells are one value for each column: a string, a number, or null.
	Cells []any `json:"cells"`
	// More is shown below the row when it is opened.
	More []Block `json:"more,omitempty"`
}

// A Block is one part of what a row opens to: a text, or a table.
type Block struct {
	Title string `json:"title"`
	Text  string `json:"text,omitempty"` // shown as it is, with its line ends
	Table *Table `json:"table,omitempty"`
}
