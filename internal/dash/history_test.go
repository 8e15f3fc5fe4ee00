package dash

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// second returns the point of a run's n-th second, from 1.
func second(n int64) point {
	p := point{at: time.Unix(n, 0), span: time.Second, requests: 3, ended: 2, inFlight: float64(n)}
	p.limited[paceline.BottleneckRequests] = time.Second
	p.firstToken = quantiles{count: 2, p50: time.Second, p99: time.Duration(n) * time.Millisecond}
	if n%7 == 0 {
		p.causes = map[paceline.Code]int64{paceline.CodeServer: 1}
	}
	return p
}

func TestHistoryOfDaysStaysSmallAndLosesNothing(t *testing.T) {
	const days = 10 * 86400
	var h history
	most := 0
	for n := int64(1); n <= days; n++ {
		h.add(second(n))
		most = max(most, len(h.coarse)+len(h.fine))
	}
	if most > fineMost+coarseMost || cap(h.fine) > 4*fineMost {
		t.Errorf("%d points were kept at most, room for %d", most, cap(h.fine))
	}
	all, _ := h.since(0)
	var sum point
	for i := range all {
		sum = merge(&sum, &all[i])
		if i > 0 && !all[i].at.After(all[i-1].at) {
			t.Fatalf("point %d is at %v, the one before at %v", i, all[i].at, all[i-1].at)
		}
	}
	if sum.requests != 3*days || sum.ended != 2*days || sum.span != days*time.Second || sum.causes[paceline.CodeServer] != days/7 ||
		sum.limited[paceline.BottleneckRequests] != days*time.Second || sum.firstToken.count != 2*days || sum.firstToken.p50.Round(time.Millisecond) != time.Second {
		t.Errorf("the points come to %+v", sum)
	}
	if n := len(h.fine); n != fineMost || h.fine[0].span != time.Second || h.last != days {
		t.Errorf("%d fine points, the first of %v, the last is number %d", n, h.fine[0].span, h.last)
	}
}

func TestHistoryContinuesWhereAReaderWas(t *testing.T) {
	var h history
	if points, continues := h.since(0); len(points) != 0 || continues {
		t.Errorf("an empty one gave %d points, %t", len(points), continues)
	}
	for n := int64(1); n <= 2000; n++ {
		h.add(second(n))
	}
	for _, c := range []struct {
		after     int64
		points    int
		continues bool
	}{{2000, 0, true}, {1999, 1, true}, {1100, 900, true}, {1099, 974, false}, {0, 974, false}, {2001, 974, false}, {-5, 974, false}} {
		points, continues := h.since(c.after)
		if len(points) != c.points || continues != c.continues {
			t.Errorf("after %d: %d points, %t; want %d, %t", c.after, len(points), continues, c.points, c.continues)
		}
		if c.continues && c.points > 0 && points[0].at.Unix() != c.after+1 {
			t.Errorf("after %d comes %v", c.after, points[0].at.Unix())
		}
	}
}

func TestMergedPointsAreTheSumOfBoth(t *testing.T) {
	a, b := second(1), second(14)
	a.cap, b.cap = 5, 9
	m := merge(&a, &b)
	if m.requests != 6 || m.span != 2*time.Second || m.cap != 9 || m.inFlight != 7.5 || m.firstToken.p99 != 14*time.Millisecond || m.causes[paceline.CodeServer] != 1 {
		t.Errorf("%+v", m)
	}
	none := mergeQuantiles(quantiles{}, quantiles{})
	one := mergeQuantiles(quantiles{}, quantiles{3, time.Second, 2 * time.Second})
	if none.count != 0 || one != (quantiles{3, time.Second, 2 * time.Second}) {
		t.Errorf("of nothing %+v, of one %+v", none, one)
	}
}

func TestPointsAreColumnsOfOneLength(t *testing.T) {
	points := []point{second(1), second(7), {at: time.Unix(8, 5e8), span: time.Second, usd: 0.000_0035}}
	var got struct {
		At, Span, Requests, Throttled []float64
		USD                           []float64
		Causes, Limited               map[string][]float64 `json:"-"`
		C                             map[string][]float64 `json:"causes"`
		L                             map[string][]float64 `json:"limited_s"`
	}
	text := appendPoints(nil, points)
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if got.At[2] != 8.5 || len(got.Span) != 3 || got.Requests[1] != 3 || got.Throttled != nil {
		t.Errorf("%s", text)
	}
	if c := got.C["server_error"]; len(c) != 3 || c[1] != 1 || len(got.C) != 1 {
		t.Errorf("causes: %v", got.C)
	}
	if l := got.L["requests"]; len(l) != 3 || l[0] != 1 || len(got.L) != 1 {
		t.Errorf("limited: %v", got.L)
	}
	if got.USD[2] != 0.000004 {
		t.Errorf("dollars: %v, want them to a millionth", got.USD)
	}
	if empty := string(appendPoints(nil, nil)); empty != `{"limited_s":{},"causes":{}}` {
		t.Errorf("of no points: %s", empty)
	}
}

func TestAPointIsWhatHappenedSinceTheOneBefore(t *testing.T) {
	before := &paceline.Stats{Done: 5, Requests: 8, Causes: map[paceline.Code]int64{paceline.CodeServer: 1}}
	now := &paceline.Stats{Done: 7, Failed: 1, Requests: 12, InFlight: 3, Cost: paceline.Cost{USD: 1.5},
		Causes: map[paceline.Code]int64{paceline.CodeServer: 1, paceline.CodeCut: 2},
		Pace:   paceline.Pace{Requests: paceline.Per(10, time.Second), InFlight: 40}}
	now.Limited[paceline.BottleneckTokens] = 3 * time.Second
	p := pointBetween(before, now, time.Unix(9, 0), 0)
	if p.ended != 3 || p.failed != 1 || p.requests != 4 || p.usd != 1.5 || p.requestLimit != 600 || p.cap != 40 || p.span <= 0 ||
		len(p.causes) != 1 || p.causes[paceline.CodeCut] != 2 || p.limited[paceline.BottleneckTokens] != 3*time.Second {
		t.Errorf("%+v", p)
	}
}

func BenchmarkHelloOfALongRun(b *testing.B) {
	var h history
	for n := int64(1); n <= 86400; n++ {
		h.add(second(n))
	}
	points, _ := h.since(0)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(appendPoints(nil, points))))
	}
}
