package main

import (
	"bufio"
	"fmt"
	"os"
)

// An input is a file of JSON Lines.
type input struct {
	dir, path string
	items     int
	bytes     int64
	test      string // the library's test; "": not built yet
}

// reviews are the texts of the items, one after the other: with escapes, letters
// beyond ASCII, and of lengths that differ.
var reviews = [...]string{
	`The room was clean, the staff kind and the bed better than at home; breakfast, though, was cold each morning and the coffee \"not worth the cup\". I would come again for the view over the harbour, but not in July.`,
	`Arrived two days late.\nThe box was open, the manual in a language that nobody here reads, and one of the four screws was missing. The seller answered within an hour and sent another one: four stars for that, none for the box.`,
	`Caf\u00e9 with a terrace, good cakes, slow service. Zwei Kännchen Tee und ein Stück Torte für 14 Euro ist zu viel, even here. We waited for twenty minutes until somebody came, and for ten more until we could pay at last.`,
	`Works as described. Setting it up took five minutes, the app did not want my mail address, and the battery has held for three weeks now. The only thing that I would change is the light, which is far too bright at night.`,
}

// makeInput writes n lines of about 300 bytes and returns their size.
func makeInput(path string, n int) (size int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	for i := range n {
		fmt.Fprintf(w, `{"id":"r%07d","stars":%d,"lang":"en","text":"%s","shop":%d,"seen":true}`+"\n",
			i, 1+i%5, reviews[i%len(reviews)], i*7919%100_003)
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), f.Close()
}
