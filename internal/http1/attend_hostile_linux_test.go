package http1_test

import (
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/seed-1814a72b/paceline/internal/http1"
)

// What goes wrong while another reads for a call goes wrong for that call alone: a
// panic is its own goroutine's, which can recover, and not the process's.
func TestAPanicOfATakerIsTheCalls(t *testing.T) {
	over := make(chan struct{})
	addr := connections(t, func(nc net.Conn) {
		io.WriteString(nc, "HTTP/1.1 200 OK\r\n\r\n")
		for {
			select {
			case <-over:
				return
			default:
				if _, err := io.WriteString(nc, "piece"); err != nil {
					return
				}
			}
		}
	})
	defer close(over)
	c := new(http1.Client)
	res, err := c.Do(t.Context(), post(addr, nil), new(watch))
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{res: res, taken: make(chan struct{}, 1)}
	got := func() (p any) {
		defer func() { p = recover() }()
		if !res.Attend(func() bool {
			if !r.own.Load() {
				panic("a bad piece")
			}
			return r.take()
		}) {
			t.Error("it cannot be attended")
		}
		res.Relax(0)
		for r.read() {
			res.Wait()
		}
		return nil
	}()
	if fmt.Sprint(got) != "a bad piece" {
		t.Errorf("the call's goroutine saw %v", got)
	}
	res.Close()
}
