package status

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/reach"
)

// What an endpoint of a pool does with calls, as the JSON of the summary and of
// `paceline ctl` has it.
const (
	Up     = "up"
	silent = "silent" // has never answered; calls there have failed
	down   = "down"   // has stopped to answer: it is left alone, and probed
	out    = "out"    // gets no calls any more, for its key or its quota
)

// An EndpointState is how one endpoint of a pool stands.
type EndpointState struct {
	Name     string   `json:"name"`
	State    string   `json:"state"`      // up, silent, down or out
	DownForS *float64 `json:"down_for_s"` // null: not down
	OutFor   *string  `json:"out_for"`    // null: not out; the code of the failure
	Failure  *string  `json:"failure"`    // why its last call failed, in words; null: it answers, or is out

	failing int
}

func endpointStateOf(p *paceline.EndpointPace) EndpointState {
	e := EndpointState{Name: p.Name, State: Up, failing: p.Failing}
	switch {
	case p.Out != nil:
		e.State, e.OutFor = out, new(p.Out.Code.String())
	case p.Down:
		e.State, e.DownForS = down, new(p.DownFor.Round(time.Millisecond).Seconds())
		if !p.Answered {
			e.State = silent
		}
	case !p.Answered && p.Failing > 0:
		e.State = silent
	}
	if p.Failure != nil && (e.State == silent || e.State == down) {
		e.Failure = new(reach.Words(p.Failure))
	}
	return e
}

// EndpointStates are those of all endpoints of a pool; none for a single one,
// of which everything else speaks.
func EndpointStates(p *paceline.Pace) []EndpointState {
	list := []EndpointState{}
	if len(p.Endpoints) < 2 {
		return list
	}
	for i := range p.Endpoints {
		list = append(list, endpointStateOf(&p.Endpoints[i]))
	}
	return list
}

// trouble says why the endpoint takes no calls, "" if it does.
func (e *EndpointState) trouble() string {
	switch e.State {
	case out:
		return "out: " + outWords(*e.OutFor)
	case down:
		return "down, for " + numeral.Span(seconds(*e.DownForS)) + e.because()
	case silent:
		text := fmt.Sprintf("has never answered, %s failed", numeral.Counted(int64(e.failing), "call"))
		if e.DownForS != nil {
			text += ", down for " + numeral.Span(seconds(*e.DownForS))
		}
		return text + e.because()
	}
	return ""
}

// because says why the last call failed, where that is known.
func (e *EndpointState) because() string {
	if e.Failure == nil {
		return ""
	}
	return " (" + *e.Failure + ")"
}

// outWords says why an endpoint was taken out.
func outWords(code string) string {
	switch code {
	case paceline.CodeAuth.String():
		return "its key was refused"
	case paceline.CodeQuota.String():
		return "its quota or credit is used up"
	}
	return code
}

// Troubled names the endpoints that take no calls, "" for none.
func Troubled(list []EndpointState) string {
	var parts []string
	for i := range list {
		if why := list[i].trouble(); why != "" {
			parts = append(parts, list[i].Name+" "+why)
		}
	}
	return strings.Join(parts, "; ")
}
