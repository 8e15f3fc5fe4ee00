package paceline_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// spoil changes all that a snapshot may share with another one: what its maps and
// slices hold.
func spoil(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				spoil(v.Field(i))
			}
		}
	case reflect.Map:
		v.Clear()
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i))
			v.Index(i).SetZero()
		}
	}
}

// TestASnapshotIsItsCallers spoils what Stats and Measures return, while the engine
// works and after its end: the next caller must see nothing of that.
func TestASnapshotIsItsCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := fails(paceline.Error{Code: paceline.CodeServer, Status: 503})
		ready := answers(time.Second, "well")
		refuses := fails(paceline.Error{Code: paceline.CodeAuth, Status: 401, Remote: true})
		e, err := paceline.NewPool([]paceline.Endpoint{
			{Name: "a", Provider: &script{steps: []step{busy, ready}}},
			{Name: "b", Provider: &script{steps: []step{refuses}}},
		}, paceline.Config{})
		if err != nil {
			t.Fatal(err)
		}
		var calls sync.WaitGroup
		for range 4 {
			calls.Go(func() {
				if _, err := e.Do(t.Context(), &paceline.Request{Model: "m"}); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		checkSnapshots(t, e)
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		checkSnapshots(t, e)
	})
}

func checkSnapshots(t *testing.T, e *paceline.Engine) {
	t.Helper()
	synctest.Wait() // it names what limits it once it has seen the last call end
	look := func() string { return fmt.Sprintf("%+v\n%+v", e.Stats(), e.Measures().Traffic) }
	before := look()
	s, m := e.Stats(), e.Measures()
	if len(s.Causes) < 2 || len(s.Out) != 1 || len(s.Pace.Models) == 0 || len(s.Pace.Endpoints) != 2 || len(m.Traffic) < 2 {
		t.Errorf("there is too little to be shared: %s", before)
	}
	spoil(reflect.ValueOf(&s).Elem())
	spoil(reflect.ValueOf(&m).Elem())
	if after := look(); after != before {
		t.Errorf("what one caller does to its snapshot is seen by the next:\n%s\nbefore:\n%s", after, before)
	}
}

// slowSink takes its time with every result.
type slowSink struct{ collector }

func (s *slowSink) Put(ctx context.Context, r *paceline.Result) error {
	time.Sleep(time.Minute)
	return s.collector.Put(ctx, r)
}

// TestASummaryAfterShutdownIsWhole has a shutdown be over long before the sink of a
// run has taken its last result: the summary and the engine's last snapshot know of
// all there was all the same.
func TestASummaryAfterShutdownIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuses := fails(paceline.Error{Code: paceline.CodeAuth, Status: 401, Remote: true})
		e, err := paceline.NewPool([]paceline.Endpoint{
			{Name: "a", Provider: &script{steps: []step{answers(time.Second, "well")}}, Limits: paceline.Limits{InFlight: 5}},
			{Name: "b", Provider: &script{steps: []step{refuses}}, Limits: paceline.Limits{InFlight: 5}},
		}, paceline.Config{})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			time.Sleep(10 * time.Second)
			if err := e.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		began := time.Now()
		sum, err := e.Run(t.Context(), paceline.Job{
			Source: &numbers{n: 10_000}, Sink: new(slowSink), Budget: paceline.Budget{Requests: 5000},
		})
		if !errors.Is(err, paceline.ErrShutdown) || time.Since(began) < 20*time.Minute {
			t.Fatalf("%v after %v", err, time.Since(began))
		}
		if b := sum.Budget; b.Limit.Requests != 5000 || b.Spent.Requests != sum.Requests || b.Reserved != (paceline.Budget{}) {
			t.Errorf("%d requests, but the budget is %+v", sum.Requests, b)
		}
		if len(sum.Out) != 1 || sum.Pace.InFlight != 5 || len(sum.Pace.Endpoints) != 2 || sum.InFlight != 0 {
			t.Errorf("out %v, pace %+v", sum.Out, sum.Pace)
		}
		if st := e.Stats(); st.Done != sum.Done || e.Measures().Done != sum.Done || sum.Done < 40 {
			t.Errorf("%d items are done, %d for Stats, %d for Measures", sum.Done, st.Done, e.Measures().Done)
		}
	})
}
