package install

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// What is installed stays until its pins change, and is tried again if it
// failed.
func TestOnce(t *testing.T) {
	folder, pins := filepath.Join(t.TempDir(), "x"), filepath.Join(t.TempDir(), "pins")
	done, fails := 0, errors.New("fails")
	install := func(pin string, err error) error {
		if err := os.WriteFile(pins, []byte(pin), 0o644); err != nil {
			t.Fatal(err)
		}
		return Once(folder, pins, func() error { done++; return err })
	}
	if err := install("1", fails); err != fails {
		t.Errorf("a failure is %v", err)
	}
	for _, pin := range []string{"1", "1", "2", "2"} {
		if err := install(pin, nil); err != nil {
			t.Error(err)
		}
	}
	if done != 3 {
		t.Errorf("installed %d times", done)
	}
}
