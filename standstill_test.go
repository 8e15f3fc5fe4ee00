package paceline_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// suspended is a server that answers after some time each, and a process that reads
// nothing of it while it stands still, and what came meanwhile within a while after.
type suspended struct {
	takes, while time.Duration

	mu    sync.Mutex
	until time.Time // it stands still
	sent  atomic.Int64
}

// stop has e stand still for d.
func (s *suspended) stop(e *paceline.Engine, d time.Duration) {
	s.mu.Lock()
	s.until = time.Now().Add(d)
	s.mu.Unlock()
	e.StandStill(d)
}

func (s *suspended) provider() paceline.Provider {
	return byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		s.sent.Add(1)
		time.Sleep(s.takes)
		s.mu.Lock()
		read := time.Until(s.until)
		s.mu.Unlock()
		if read > 0 {
			read += s.while * time.Duration(i%100) / 100
		}
		return answers(max(read, 0), fmt.Sprint(i))(ctx, emit)
	})
}

// TestAnswersThatCameInAStandstillAreRead has the process stand still for longer than
// any deadline, learnt or given, while calls are in flight: nothing is sent twice.
func TestAnswersThatCameInAStandstillAreRead(t *testing.T) {
	for _, tt := range []struct {
		name  string
		stops []time.Duration
		after time.Duration // the beginning
		cfg   paceline.Config
	}{
		{"the deadline is learnt", []time.Duration{3 * time.Second}, 3 * time.Second, paceline.Config{}},
		{"it is learnt from what is read afterwards", []time.Duration{20 * time.Second}, 50 * time.Millisecond, paceline.Config{}},
		{"it is given", []time.Duration{3 * time.Second}, time.Second, paceline.Config{Deadlines: paceline.Deadlines{FirstToken: 200 * time.Millisecond}}},
		{"of the whole call", []time.Duration{3 * time.Second}, time.Second, paceline.Config{Deadlines: paceline.Deadlines{Total: 2 * time.Second}}},
		{"it stands still again before all is read", []time.Duration{3 * time.Second, 3 * time.Second, 5 * time.Second}, 3 * time.Second, paceline.Config{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &suspended{takes: 100 * time.Millisecond, while: 500 * time.Millisecond}
			tt.cfg.Limits = paceline.Limits{InFlight: 50, Requests: paceline.Per(300, time.Second)}
			running(t, s.provider(), tt.cfg, func(t *testing.T, e *paceline.Engine) {
				go func() {
					time.Sleep(tt.after)
					for _, d := range tt.stops {
						s.stop(e, d)
						time.Sleep(150 * time.Millisecond)
					}
				}()
				sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 2000}, Sink: new(collector)})
				if err != nil || sum.Done != 2000 || s.sent.Load() != 2000 {
					t.Errorf("%v: %d done, %d requests", err, sum.Done, s.sent.Load())
				}
			})
		})
	}
}

// TestWhatIsStuckIsCutThoughTheProcessStandsStillAgainAndAgain has a call hang in a
// process that runs for a tenth of the time.
func TestWhatIsStuckIsCutThoughTheProcessStandsStillAgainAndAgain(t *testing.T) {
	const limit, runs, stands = 5 * time.Second, 50 * time.Millisecond, 450 * time.Millisecond
	for name, deadlines := range map[string]paceline.Deadlines{
		"before it has content": {FirstToken: limit},
		"in mid-stream":         {Stall: limit},
		"as a whole":            {Total: limit, FirstToken: -1},
	} {
		t.Run(name, func(t *testing.T) {
			var cut time.Duration
			p := paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
				if cut > 0 {
					return text("well"), nil
				}
				if deadlines.Stall > 0 {
					emit(paceline.Delta{Kind: paceline.DeltaContent})
				}
				began := time.Now()
				<-ctx.Done()
				cut = time.Since(began)
				return nil, &paceline.Error{Code: paceline.CodeCanceled, Err: context.Cause(ctx)}
			})
			running(t, p, paceline.Config{Deadlines: deadlines}, func(t *testing.T, e *paceline.Engine) {
				over := make(chan struct{})
				go func() {
					defer close(over)
					e.Do(t.Context(), nil)
				}()
				for going := true; going; {
					e.StandStill(stands)
					select {
					case <-over:
						going = false
					case <-time.After(runs):
					}
				}
				// A beat of each standstill counts, at least; then there is a grace.
				if most := limit*5 + time.Second; cut < limit || cut > most {
					t.Errorf("it was cut after %v, not between %v and %v", cut, limit, most)
				}
			})
		})
	}
}

// TestAnOutageIsNotTooLongForAStandstill has the process stand still in an outage that
// ends meanwhile, for longer than an outage may last.
func TestAnOutageIsNotTooLongForAStandstill(t *testing.T) {
	down := server(503)
	p := &ailing{bad: func(int) bool { return false }, takes: 100 * time.Millisecond, down: &down}
	running(t, p, paceline.Config{OutageLimit: 30 * time.Second}, func(t *testing.T, e *paceline.Engine) {
		go func() {
			time.Sleep(10 * time.Second)
			p.set(nil)
			e.StandStill(time.Hour)
		}()
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: new(collector)})
		if err != nil || sum.Done != 100 {
			t.Errorf("%v: %d done, %d failed", err, sum.Done, sum.Failed)
		}
	})
}
