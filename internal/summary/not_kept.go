package summary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/journal"
)

// NotKept is what this session was answered, and paid for, and the disk did not take.
// The next one asks for it again.
type NotKept struct {
	Items   []int64  `json:"items"`    // by index
	CostUSD *float64 `json:"cost_usd"` // null: unknown
}

// notKeptNamed is how many items without their answer are named.
const notKeptNamed = 5

// NotKeptOf returns what a journal did not keep.
func NotKeptOf(j *journal.Journal) NotKept {
	n := NotKept{Items: []int64{}, CostUSD: new(float64)}
	if j == nil {
		return n
	}
	items, cost := j.Unkept()
	n.Items = append(n.Items, items...)
	slices.Sort(n.Items)
	if n.CostUSD = nil; cost >= 0 {
		n.CostUSD = &[]float64{price.Nano(cost).USD}[0]
	}
	return n
}

// String says it in a line, "" for nothing.
func (n NotKept) String() string {
	if len(n.Items) == 0 {
		return ""
	}
	cost := ""
	if n.CostUSD != nil {
		cost = " for " + price.USD(paceline.Cost{USD: *n.CostUSD, Known: true})
	}
	return fmt.Sprintf("%s paid%s and lost: %s", numeral.Counted(int64(len(n.Items)), "answer"), cost, n.names())
}

// names names the items, or the first of them.
func (n NotKept) names() string {
	var names []string
	for _, index := range n.Items[:min(len(n.Items), notKeptNamed)] {
		names = append(names, fmt.Sprintf("item %d", index))
	}
	if more := int64(len(n.Items) - len(names)); more > 0 {
		return strings.Join(names, ", ") + " and " + numeral.Items(more) + " more"
	}
	return strings.Join(names, ", ")
}
