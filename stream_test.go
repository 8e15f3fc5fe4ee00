package paceline_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestStreamYieldsPiecesAsTheyCome(t *testing.T) {
	engine(t, paceline.Config{}, []step{answers(time.Second, "a", "b", "c")}, func(t *testing.T, e *paceline.Engine, s *script) {
		stream := e.Stream(t.Context(), &paceline.Request{})
		began, got := time.Now(), ""
		for d, err := range stream.All() {
			if err != nil {
				t.Fatal(err)
			}
			got += d.Text()
			if since := time.Since(began); since != time.Duration(len(got))*time.Second {
				t.Errorf("piece %d came after %v", len(got), since)
			}
		}
		if resp := stream.Response(); got != "abc" || resp == nil || resp.Text() != "abc" || resp.Requests != 1 {
			t.Errorf("%q, %+v", got, resp)
		}
	})
}

func TestFault28ACutStreamIsAnErrorAndIsNotRepeated(t *testing.T) {
	cut := func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		emit(paceline.Delta{Kind: paceline.DeltaContent, Quoted: []byte(`"half"`)})
		return nil, &paceline.Error{Code: paceline.CodeCut, MaybeBilled: true}
	}
	engine(t, paceline.Config{}, []step{cut}, func(t *testing.T, e *paceline.Engine, s *script) {
		stream := e.Stream(t.Context(), &paceline.Request{})
		var last error
		got := ""
		for d, err := range stream.All() {
			got, last = got+d.Text(), err
		}
		if got != "half" || paceline.CodeOf(last) != paceline.CodeCut || stream.Response() != nil || len(s.sent) != 1 {
			t.Errorf("%q, %v, %d requests", got, last, len(s.sent))
		}
	})
}

func TestStreamIsRetriedBeforeItsFirstPiece(t *testing.T) {
	busy := fails(paceline.Error{Code: paceline.CodeServer})
	engine(t, paceline.Config{}, []step{busy, answers(time.Second, "a")}, func(t *testing.T, e *paceline.Engine, s *script) {
		for d, err := range e.Stream(t.Context(), &paceline.Request{}).All() {
			if err != nil || d.Text() != "a" {
				t.Errorf("%v, %v", d, err)
			}
		}
		if len(s.sent) != 2 {
			t.Errorf("%d requests", len(s.sent))
		}
	})
}

func TestBreakCancelsTheCall(t *testing.T) {
	var ended error
	watched := func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		_, ended = answers(time.Second, "a", "b", "c")(ctx, emit)
		return nil, ended
	}
	engine(t, paceline.Config{}, []step{watched}, func(t *testing.T, e *paceline.Engine, s *script) {
		for range e.Stream(t.Context(), &paceline.Request{}).All() {
			break
		}
		if !errors.Is(ended, context.Canceled) {
			t.Errorf("the attempt ended with %v before All returned", ended)
		}
		if st := e.Stats(); st.InFlight != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestASlowReaderIsNotAStall(t *testing.T) {
	cfg := paceline.Config{Deadlines: paceline.Deadlines{Stall: 5 * time.Second}}
	engine(t, cfg, []step{answers(time.Second, "a", "b", "c")}, func(t *testing.T, e *paceline.Engine, s *script) {
		got := ""
		for d, err := range e.Stream(t.Context(), &paceline.Request{}).All() {
			if err != nil {
				t.Fatal(err)
			}
			got += d.Text()
			time.Sleep(time.Minute)
		}
		if got != "abc" {
			t.Errorf("got %q", got)
		}
	})
}

func TestAStreamIsRangedOverOnce(t *testing.T) {
	engine(t, paceline.Config{}, []step{answers(time.Second, "a")}, func(t *testing.T, e *paceline.Engine, s *script) {
		stream := e.Stream(t.Context(), &paceline.Request{})
		for range stream.All() {
		}
		for _, err := range stream.All() {
			if err == nil {
				t.Error("a second range gave a piece")
			}
		}
	})
}
