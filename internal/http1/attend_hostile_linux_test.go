package http1_test

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/seed-1814a72b/paceline/internal/http1"
)

// What goes wrong while another reads for a call goes wrong for that call alone: a
// panic is its own goroutine's, which can recover, and not the process's.
func TestAPanicOfATakerIsTheCalls(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	over := make(chan struct{})
	var server sync.WaitGroup
	server.Go(func() {
		nc, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		nc.Read(make([]byte, 4096))
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
	c := new(http1.Client)
	res, err := c.Do(t.Context(), post(l.Addr().String(), nil), new(watch))
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
	close(over)
	server.Wait()
}
