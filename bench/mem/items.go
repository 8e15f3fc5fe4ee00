package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
)

// writeItems writes n items of about 100 bytes as JSON Lines.
func writeItems(name string, n int) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	for i := range n {
		fmt.Fprintf(w, `{"id":"r%07d","text":"Review %d: arrived on time, works as described, would buy again."}`+"\n", i, i)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// countLines returns the number of lines of a file.
func countLines(name string) (lines int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for buf := make([]byte, 1<<20); ; {
		n, err := f.Read(buf)
		lines += bytes.Count(buf[:n], []byte{'\n'})
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
	}
}
