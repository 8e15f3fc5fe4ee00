package live

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

func TestTheLiveViewNamesEndpointsThatTakeNoCalls(t *testing.T) {
	s := midRun()
	s.Stats.Pace.Endpoints = []paceline.EndpointPace{
		{Name: "good", Answered: true},
		{Name: "gone", Answered: true, Down: true, DownFor: 72 * time.Second, Failing: 12},
		{Name: "dead", Failing: 1},
	}
	block := strings.Split(strings.TrimSpace(blockText(s, 300, 24, false)), "\n")
	if line := block[len(block)-1]; line != " endpoint gone down, for 1 min 12 s; dead has never answered, 1 call failed" {
		t.Errorf("the last line is %q", line)
	}
	if !strings.Contains(plainLine(s), ", endpoint gone down, for 1 min 12 s; ") {
		t.Errorf("got %q", plainLine(s))
	}
	for rows := 1; rows < 12; rows++ {
		if n := len(drawBlock(s, 80, rows, false)); n >= rows && rows > 1 {
			t.Errorf("%d lines on a terminal of %d", n, rows)
		}
	}
}
