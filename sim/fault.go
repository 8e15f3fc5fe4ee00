package sim

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/gjson"
)

// A Fault is one way in which the server can misbehave.
type Fault struct {
	Name string `json:"name"`
	Row  int    `json:"row"` // the row of the project's list of faults, 0 if it stands in none
	Doc  string `json:"doc"` // one line
}

// Faults lists every fault by its name, in the order of the rows. Beside these,
// any status from 400 to 599 is a fault: "418" answers so.
func Faults() []Fault {
	list := make([]Fault, 0, 128)
	for _, f := range allFaults() {
		list = append(list, f.Fault)
	}
	return list
}

// fault is a Fault and how it is done: in place of an answer, to the answer,
// or on its way out.
type fault struct {
	Fault
	instead func(*call)
	answer  func(*call, *answer)
	wire    *wire
	json    bool             // answer a stream unstreamed
	only    func(*call) bool // the calls that can meet it; nil: any
}

// wire is how an answer goes wrong on its way. The functions are nil for
// nothing; those that return a bool stop the stream with false.
type wire struct {
	whole  func(*call, []byte)         // sends an unstreamed answer
	mid    func(*outlet) bool          // before the middle token
	late   func(*outlet) bool          // after the last token, before the finish
	after  func(*outlet)               // after [DONE]
	frame  func(b, data []byte) []byte // frames an event
	write  func(*outlet, []byte) error // writes framed events
	gap    time.Duration               // in place of the time between tokens
	noDone bool
}

// allFaults is built on first use, not at start: it refers to functions that
// refer to it.
var allFaults = sync.OnceValue(func() []*fault {
	var list []*fault
	for _, part := range [][]*fault{httpFaults(), connFaults(), streamFaults(), meaningFaults()} {
		list = append(list, part...)
	}
	return list
})

var faultsByName = sync.OnceValue(func() map[string]*fault {
	m := map[string]*fault{}
	for status := 400; status < 600; status++ {
		name := strconv.Itoa(status)
		m[name] = statusFault(0, name, "the status alone")
	}
	for _, f := range allFaults() {
		m[f.Name] = f
	}
	return m
})

// findFault returns the fault of a name that has been checked.
func findFault(name string) *fault { return faultsByName()[name] }

func checkFault(name string) error {
	if findFault(name) != nil {
		return nil
	}
	names := make([]string, 0, 128)
	for _, f := range allFaults() {
		names = append(names, f.Name)
	}
	return fmt.Errorf("unknown fault %q; use a status from 400 to 599 or one of %s", name, strings.Join(names, ", "))
}

func (f *fault) wholeAnswer() bool { return f != nil && f.json }

// wire returns how the call's answer is to go wrong on its way, or nil.
func (c *call) wire() *wire {
	if c.fault == nil {
		return nil
	}
	return c.fault.wire
}

// marker begins a fault that a prompt asks for.
const marker = "[[sim:fault="

// markedFault reads the marker in a request's body: [[sim:fault=cut]], or
// [[sim:fault=cut times=2]] for its first two occurrences only.
func markedFault(body string) (name string, times int) {
	_, rest, ok := strings.Cut(body, marker)
	if !ok {
		return "", 0
	}
	rest, _, _ = strings.Cut(rest, "]]")
	name, count, limited := strings.Cut(rest, " times=")
	if limited {
		times, _ = strconv.Atoi(strings.TrimSpace(count))
	}
	return strings.TrimSpace(name), times
}

// markedMessage returns the message that holds the marker, the whole body if
// none does: a conversation that goes on is still the same one.
func markedMessage(body string) string {
	found := body
	gjson.Get(body, "messages").ForEach(func(_, m gjson.Result) bool {
		if strings.Contains(m.Raw, marker) {
			found = m.Raw
		}
		return found == body
	})
	return found
}
