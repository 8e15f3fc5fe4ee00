package journal_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/seed-1814a72b/paceline/journal"
)

func TestSetIdentityBesideClose(t *testing.T) {
	for range 100 {
		j, err := journal.Open(filepath.Join(t.TempDir(), "out"), journal.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		for range 4 {
			go func() {
				var err error
				for err == nil {
					err = j.SetIdentity([]byte("x"))
				}
				ended <- err
			}()
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if err := <-ended; err == nil {
				t.Error("a closed journal took an identity")
			}
		}
	}
}

func TestEntriesBesideRewrite(t *testing.T) {
	j, err := journal.Open(filepath.Join(t.TempDir(), "out"), journal.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(2000) {
		if err := j.Append(journal.Entry{Index: 2000 - i}, []byte("row\n"), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 100 {
			for _, err := range j.Entries() {
				if err != nil {
					t.Error(err)
					return
				}
			}
		}
	}()
	for i := range int64(6) {
		keep := func(e journal.Entry) bool { return e.Index%(i+2) != 0 }
		if err := j.Rewrite(context.Background(), journal.RewriteOptions{Ordered: i%2 == 0, Keep: keep}); err != nil {
			t.Error(err)
		}
	}
	<-ended
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}
