package status

import (
	"strings"
	"testing"
)

func TestStatusAsPeopleReadIt(t *testing.T) {
	n := int64(10_000)
	eta, rpm := 179.0, 300.0
	s := &Run{
		Output: "out.jsonl", Items: &n, Done: 1204, Failed: 3, ItemsPerS: 48.2, EtaS: &eta, ElapsedS: 25,
		InFlight: 20, Waiting: 1024, Requests: 1240, Retries: 12, Now: "limited by requests: 300/min",
		InForce: InForce{RequestsPerMin: &rpm, Concurrency: 20},
		Endpoints: []Endpoint{
			{EndpointState: EndpointState{Name: "one", State: Up}, Host: "a.example.com", Given: Given{RPM: &rpm, Window: "bucket"}},
			{EndpointState: EndpointState{Name: "2", State: down, DownForS: new(12.0)}, Host: "b.example.com", Given: Given{Window: "strict"}},
		},
	}
	want := `out.jsonl: limited by requests: 300/min
  items       1,204 of 10,000 (12.0 %), 48.2 a second, 25 s so far, about 2 min 59 s to go
  calls       20 in flight, 1,024 waiting, 1,240 sent
  trouble     3 failed, 12 sent again
  in force    300 requests a minute, no limit on tokens known, 20 calls at once
  one         a.example.com, rpm=300 window=bucket
  2           b.example.com, window=strict; down, for 12 s
`
	if got := s.Text("status", "out.jsonl"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	s.InForce.FoundOut = true
	if got, want := s.InForce.String(), "about 300 requests a minute (found out), no limit on tokens known, 20 calls at once"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for n, want := range map[int]string{
		0: "my out: paused; no call is in flight; 'paceline ctl 'my out' resume' goes on\n",
		1: "my out: paused; the call in flight will be finished; ",
		2: "my out: paused; the 2 calls in flight will be finished; ",
	} {
		if s.InFlight = n; !strings.HasPrefix(s.Text("pause", "my out"), want) {
			t.Errorf("%d in flight: %s", n, s.Text("pause", "my out"))
		}
	}
}
