package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A stray is what somebody else does to the files of a run, and where its rows
// are to be found afterwards, behind the name of the output.
type stray struct {
	name string
	do   func(t *testing.T, output string)
	says string
	kept string
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

var strays = []stray{
	{"output removed", func(t *testing.T, o string) { must(t, os.Remove(o)) }, "was removed or moved away", ""},
	{"output moved", func(t *testing.T, o string) { must(t, os.Rename(o, o+".2")) }, "was removed or moved away", ""},
	{"output replaced", func(t *testing.T, o string) {
		must(t, os.Remove(o), os.WriteFile(o, []byte("hello\n"), 0o644))
	}, "was replaced by another file", ".rescued"},
	{"output replaced twice", func(t *testing.T, o string) {
		must(t, os.Remove(o), os.WriteFile(o, []byte("hello\n"), 0o644), os.WriteFile(o+".rescued", nil, 0o644))
	}, "was replaced by another file", ".rescued-2"},
	{"journal removed", func(t *testing.T, o string) { must(t, os.RemoveAll(Dir(o))) }, "was removed or moved away", ""},
	{"all removed", func(t *testing.T, o string) { must(t, os.Remove(o), os.RemoveAll(Dir(o))) }, "was removed or moved away", ""},
	{"lock removed", func(t *testing.T, o string) { must(t, os.Remove(filepath.Join(Dir(o), "lock"))) }, "was removed or moved away", ""},
}

// TestAstray has files removed and replaced below an open journal: it says so
// within two seconds, takes rows until it is closed, and none is lost.
func TestAstray(t *testing.T) {
	for _, s := range strays {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				name := tempOutput(t)
				j := mustOpen(t, name, Options{Identity: []byte("a")})
				mustAppend(t, j, 0, 1)
				if err := j.AstrayErr(); err != nil {
					t.Fatalf("at its place it is astray: %v", err)
				}
				s.do(t, name)
				start := time.Now()
				<-j.Astray()
				if took := time.Since(start); took > 2*time.Second {
					t.Errorf("noticed after %v", took)
				}
				mustAppend(t, j, 2)
				s.check(t, name, j.AstrayErr(), j.Close())
			})
		})
	}
}

func (s *stray) check(t *testing.T, name string, noticed, closed error) {
	t.Helper()
	var e *Error
	if !errors.As(closed, &e) || e.Code != CodeOutput || !strings.Contains(e.Error(), s.says) || !strings.Contains(noticed.Error(), s.says) {
		t.Fatalf("noticed %v, closed with %v; want %q", noticed, closed, s.says)
	}
	if base := filepath.Base(e.Kept); base != filepath.Base(name)+s.kept {
		t.Fatalf("the rows are in %q: %v", e.Kept, e)
	}
	if s.kept != "" && string(mustRead(t, name)) != "hello\n" {
		t.Error("what stands there now was touched")
	}
	j := mustOpen(t, e.Kept, Options{Identity: []byte("other")})
	equal(t, indices(t, e.Kept, j), []int64{0, 1, 2})
	if r := j.Recovered(); string(r.Identity) != "a" {
		t.Errorf("recovered %+v", r)
	}
	mustClose(t, j)
}

// A removal that nobody had the time to notice is noticed by Close and Rewrite.
func TestAstrayAtTheEnd(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{})
	mustAppend(t, j, 1, 0)
	must(t, os.Remove(name))
	if err := j.Rewrite(context.Background(), RewriteOptions{Ordered: true}); err == nil || err != j.AstrayErr() {
		t.Errorf("Rewrite returns %v", err)
	}
	var e *Error
	if err := j.Close(); !errors.As(err, &e) || e.Code != CodeOutput || e.Kept == "" {
		t.Errorf("Close returns %v", err)
	}
	j = mustOpen(t, name, Options{})
	equal(t, indices(t, name, j), []int64{1, 0})
	mustClose(t, j)
}

// Where another run has begun in between, its files are left alone.
func TestAstrayBesideAnotherRun(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{})
	mustAppend(t, j, 0, 1)
	must(t, os.Remove(name), os.RemoveAll(Dir(name)))
	other := mustOpen(t, name, Options{})
	mustAppend(t, other, 7)
	var e *Error
	if err := j.Close(); !errors.As(err, &e) || filepath.Base(e.Kept) != filepath.Base(name)+".rescued" {
		t.Fatalf("Close returns %v", err)
	}
	mustClose(t, other)
	for path, want := range map[string][]int64{name: {7}, e.Kept: {0, 1}} {
		k := mustOpen(t, path, Options{})
		equal(t, indices(t, path, k), want)
		mustClose(t, k)
	}
}
