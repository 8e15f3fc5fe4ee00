package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
)

// What an endpoint of a pool does with calls, as the JSON of the summary and of
// `paceline ctl` has it.
const (
	endpointUp     = "up"
	endpointSilent = "silent" // has never answered; calls there have failed
	endpointDown   = "down"   // has stopped to answer: it is left alone, and probed
	endpointOut    = "out"    // gets no calls any more, for its key or its quota
)

// An endpointState is how one endpoint of a pool stands.
type endpointState struct {
	Name     string   `json:"name"`
	State    string   `json:"state"`      // up, silent, down or out
	DownForS *float64 `json:"down_for_s"` // null: not down
	OutFor   *string  `json:"out_for"`    // null: not out; the code of the failure

	failing int
}

func newEndpointState(p *paceline.EndpointPace) endpointState {
	e := endpointState{Name: p.Name, State: endpointUp, failing: p.Failing}
	switch {
	case p.Out != nil:
		e.State, e.OutFor = endpointOut, pointer(p.Out.Code.String())
	case p.Down:
		e.State, e.DownForS = endpointDown, pointer(p.DownFor.Round(time.Millisecond).Seconds())
		if !p.Answered {
			e.State = endpointSilent
		}
	case !p.Answered && p.Failing > 0:
		e.State = endpointSilent
	}
	return e
}

// endpointStates are those of all endpoints of a pool; none for a single one,
// of which everything else speaks.
func endpointStates(p *paceline.Pace) []endpointState {
	list := []endpointState{}
	if len(p.Endpoints) < 2 {
		return list
	}
	for i := range p.Endpoints {
		list = append(list, newEndpointState(&p.Endpoints[i]))
	}
	return list
}

// trouble says why the endpoint takes no calls, "" if it does.
func (e *endpointState) trouble() string {
	switch e.State {
	case endpointOut:
		return "out: " + outWords(*e.OutFor)
	case endpointDown:
		return "down, for " + numeral.Span(seconds(*e.DownForS))
	case endpointSilent:
		text := fmt.Sprintf("has never answered, %s failed", numeral.Counted(int64(e.failing), "call"))
		if e.DownForS != nil {
			text += ", down for " + numeral.Span(seconds(*e.DownForS))
		}
		return text
	}
	return ""
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

// troubled names the endpoints that take no calls, "" for none.
func troubled(list []endpointState) string {
	var parts []string
	for i := range list {
		if why := list[i].trouble(); why != "" {
			parts = append(parts, list[i].Name+" "+why)
		}
	}
	return strings.Join(parts, "; ")
}
