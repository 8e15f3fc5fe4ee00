package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline/bench/page"
)

// tabulate measures all rows on all documents, in rounds, and returns the table.
func tabulate(p *pydantic, cache string, rounds int) (string, error) {
	docs, err := documents(cache)
	if err != nil {
		return "", err
	}
	list, err := rows(p)
	if err != nil {
		return "", err
	}
	took := make([][][]time.Duration, len(list)) // by row, document and round
	for i := range took {
		took[i] = make([][]time.Duration, len(docs))
	}
	for round := range rounds {
		for k := range list {
			i := (k + round) % len(list)
			for j := range docs {
				d, err := list[i].run(&docs[j], docs[j].n)
				if err != nil {
					return "", fmt.Errorf("%s: %w", list[i].name, err)
				}
				took[i][j] = append(took[i][j], d)
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, rounds)
	}
	return heading(p, docs, rounds) + body(list, took), nil
}

func heading(p *pydantic, docs []document, rounds int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\nGo %s, %s, %s/%s, %d processors, load %s; medians of %d rounds (smallest to largest).\n\n",
		title, strings.TrimPrefix(runtime.Version(), "go"), p.version, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), page.Load(), rounds)
	b.WriteString("| µs of processor time a document |")
	for i := range docs {
		fmt.Fprintf(&b, " %s bytes | ratio |", page.Grouped(float64(len(docs[i].text))))
	}
	b.WriteString("\n|---|" + strings.Repeat("--:|--:|", len(docs)) + "\n")
	return b.String()
}

func body(list []row, took [][][]time.Duration) string {
	var b strings.Builder
	for i, r := range list {
		b.WriteString("| " + r.name + " |")
		for j := range took[i] {
			all := took[i][j]
			fmt.Fprintf(&b, " %s (%s to %s) | %s |", micros(median(all)), micros(slices.Min(all)), micros(slices.Max(all)),
				page.Decimals(ratio(all, took[0][j]), 3))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func micros(d time.Duration) string { return page.Decimals(float64(d)/float64(time.Microsecond), 3) }

func median[T int64 | float64 | time.Duration](list []T) T {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// ratio is the median of the rounds' ratios.
func ratio(all, first []time.Duration) float64 {
	var list []float64
	for i := range all {
		list = append(list, float64(all[i])/float64(first[i]))
	}
	return median(list)
}
