package live

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/control"
	"github.com/seed-1814a72b/paceline/internal/pool"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// typist is a keyboard in memory.
type typist struct {
	keys     chan byte
	awake    func()
	released bool
}

func (y *typist) open(awake func()) (<-chan byte, func(), error) {
	y.awake = awake
	return y.keys, func() { y.released = true; close(y.keys) }, nil
}

// drivenEngine is an engine of one endpoint of which keys are heard.
type drivenEngine struct {
	stats  paceline.Stats
	held   bool
	limits paceline.Limits
}

func (e *drivenEngine) Stats() paceline.Stats { return e.stats }
func (e *drivenEngine) Pause()                { e.held = true }
func (e *drivenEngine) Resume()               { e.held = false }

func (e *drivenEngine) SetLimits(_ string, l paceline.Limits) error {
	e.limits = l
	return nil
}

func (e *drivenEngine) SetModelLimits(string, string, paceline.Limits) error { return nil }

// keyed shows a run that is limited by requests on a terminal with a keyboard.
func keyed(t *testing.T) (y *typist, out *screen, e *drivenEngine, quits *int, stop func()) {
	y, out = &typist{keys: make(chan byte)}, newScreen(t, 100)
	e = &drivenEngine{stats: paceline.Stats{Requests: 9, Pace: paceline.Pace{LimitedBy: paceline.BottleneckRequests, Requests: paceline.Per(500, time.Minute)}}}
	c := control.Start(e, status.Facts{Total: 100}, []pool.Endpoint{{Name: "1", Limits: pool.Limits{RPM: 500, Window: "bucket"}}}, control.Models{}, nil)
	env := memoryEnv()
	env.StdinTerminal, env.Keys = true, y.open
	view := start(Options{Out: out, Stats: e.Stats, Size: size(100, 40), Facts: status.Facts{Total: 100}})
	quits = new(int)
	release := TakeKeys(&env, view, c, func() { *quits++ })
	return y, out, e, quits, func() {
		release()
		c.Close()
		view.Stop()
	}
}

func TestKeysDoWhatTheySay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y, out, e, quits, stop := keyed(t)
		defer stop()
		shows := func(want string) {
			t.Helper()
			synctest.Wait()
			if !strings.Contains(out.text(), want) {
				t.Errorf("%q is not on\n%s", want, out.text())
			}
		}
		shows("p pause   + faster   - slower   q stop   ? help")
		y.keys <- 'p'
		shows("▸ paused by you; p goes on")
		shows("p go on   + faster")
		if !e.held {
			t.Error("the engine goes on")
		}
		y.keys <- ' '
		shows("▸ limited by requests")
		if e.held {
			t.Error("the engine is still paused")
		}
		y.keys <- '+'
		shows("limit on requests: 500/min -> 550/min")
		if got := e.limits.Requests; got != paceline.Per(550, time.Minute) {
			t.Errorf("the limit is %v", got)
		}
		time.Sleep(saidFor + time.Second)
		shows("p pause   + faster") // what was said was read
		y.keys <- '-'
		y.keys <- 'x'
		shows("limit on requests: 550/min -> 500/min")
		y.keys <- '?'
		shows("p or space: pause, and go on.")
		y.keys <- 'q'
		y.keys <- 'q'
		synctest.Wait()
		if *quits != 2 {
			t.Errorf("q was heard %d times", *quits)
		}
	})
}

// A pause by `paceline ctl` is ended by the same key.
func TestKeysAndCtlAgree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y, out, e, _, stop := keyed(t)
		defer stop()
		y.keys <- 'p'
		synctest.Wait()
		y.keys <- 'p'
		synctest.Wait()
		if e.held || strings.Contains(out.text(), "paused") {
			t.Errorf("it is still paused:\n%s", out.text())
		}
	})
}

// After a stop others have written on the terminal: the block goes below.
func TestTheBlockIsDrawnAnewAfterAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y, out, _, _, stop := keyed(t)
		defer stop()
		synctest.Wait()
		out.Write([]byte("[1]+ Stopped\n$ fg\n"))
		y.awake()
		synctest.Wait()
		text := out.text()
		if n := strings.Count(text, " of 100 items"); n != 2 || strings.Index(text, "$ fg") > strings.LastIndex(text, " of 100 items") {
			t.Errorf("%d blocks on\n%s", n, text)
		}
	})
}

func TestNoKeysWhereNobodyCanPressThem(t *testing.T) {
	for name, change := range map[string]func(*command.Env, *Options){
		"input is no terminal": func(e *command.Env, _ *Options) { e.StdinTerminal = false },
		"no block":             func(_ *command.Env, o *Options) { o.Size = nil },
		"quiet":                func(_ *command.Env, o *Options) { o.Quiet = true },
		"no keyboard":          func(e *command.Env, _ *Options) { e.Keys = nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				y := &typist{keys: make(chan byte)}
				env := memoryEnv()
				env.StdinTerminal, env.Keys = true, y.open
				o := Options{Out: newScreen(t, 80), Stats: counting(), Size: size(80, 24)}
				change(&env, &o)
				view := start(o)
				defer view.Stop()
				TakeKeys(&env, view, nil, nil)()
				if y.awake != nil {
					t.Error("the keyboard was taken")
				}
			})
		})
	}
}
