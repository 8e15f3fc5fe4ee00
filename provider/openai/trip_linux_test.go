package openai

import (
	"net"
	"net/http/httptrace"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/internal/coalesce"
)

// What opened a connection of net/http's tells how long that took on the network:
// the trace sees how long the goroutines waited as well.
func TestAConnectionsOpeningIsTheNetworks(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	nc, err := dialPaced(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c := coalesce.Of(nc)
	if c == nil || c.Trip <= 0 {
		t.Fatalf("%+v does not tell how long it took to open", c)
	}
	c.Trip = 7 * time.Millisecond
	var k keptConn
	if k.got(httptrace.GotConnInfo{Conn: nc}); k.opening() != c.Trip {
		t.Errorf("it took %v to open, want what who opened it tells", k.opening())
	}
	if k.got(httptrace.GotConnInfo{Conn: nc, Reused: true}); k.opening() != 0 {
		t.Errorf("an older connection took %v to open", k.opening())
	}
}
