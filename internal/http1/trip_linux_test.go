package http1

import (
	"net"
	"testing"
	"time"
)

// A trip over loopback takes microseconds, however late the process noticed that
// the connection was open.
func TestTheTripIsTheSystems(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if trip := Trip(nc, time.Hour); trip <= 0 || trip > time.Minute {
		t.Errorf("a trip of %v", trip)
	}
	if trip := Trip(nc, 1); trip != 1 {
		t.Errorf("a trip of %v, longer than the whole opening", trip)
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if trip := Trip(a, time.Hour); trip != time.Hour {
		t.Errorf("a trip of %v on what is no socket", trip)
	}
}
