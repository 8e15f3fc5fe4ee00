package http1

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/seed-1814a72b/paceline/internal/coalesce"
)

// Of a body that comes without a pause no more than some buffers are read on its
// call's behalf in one go, since others wait for who reads for all; the call's own
// goroutine reads on.
func TestAFloodKeepsNobodyWaiting(t *testing.T) {
	const size = 2 << 20
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var server sync.WaitGroup
	server.Go(func() {
		nc, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		nc.Read(make([]byte, 4096))
		fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size)
		nc.Write(make([]byte, size))
	})
	c := new(Client)
	res, err := c.Do(t.Context(), &Request{Address: l.Addr().String(), Head: []byte("POST / HTTP/1.1\r\nHost: x\r\n")}, nobody{})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	read := 0
	var end error
	take := func() bool {
		for b := make([]byte, 4096); end == nil; {
			n, err := res.Read(b)
			if read, end = read+n, err; n == 0 && err == nil {
				return true
			}
		}
		return false
	}
	if !res.Attend(take) {
		t.Fatal("it cannot be attended")
	}
	cn, most := res.conn, 0
	for end == nil {
		cn.away = true // as if the call waited
		before := read
		taken := cn.Take()
		most = max(most, read-before)
		if read-before > atOnce*bufferSize || cn.handed != (taken == coalesce.Reader) {
			t.Fatalf("%d bytes at once, and then %v", read-before, taken)
		}
		if cn.back() {
			take()
		}
	}
	if server.Wait(); read != size || end != io.EOF || most == 0 {
		t.Errorf("%d of %d bytes, %v, %d at once", read, size, end, most)
	}
}
