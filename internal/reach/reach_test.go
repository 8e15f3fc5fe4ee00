package reach

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/http1"
)

// dialing is what a dialer says.
func dialing(err error) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 81}, Err: err}
}

func TestWords(t *testing.T) {
	connection := func(err error) *paceline.Error { return &paceline.Error{Code: paceline.CodeConnection, Err: err} }
	noHost := &net.DNSError{Err: "no such host", Name: "api.exmaple.com", Server: "10.0.0.2:53", IsNotFound: true}
	for _, tt := range []struct {
		err  *paceline.Error
		kind Kind
		want string
	}{
		{connection(dialing(noHost)), NoHost, "no host is called api.exmaple.com"},
		{connection(dialing(&net.DNSError{Err: "server misbehaving", Name: "api.example.com", IsTemporary: true})), NoName,
			"the name api.example.com cannot be looked up: server misbehaving"},
		{connection(dialing(os.NewSyscallError("connect", syscall.ECONNREFUSED))), Closed, "10.0.0.1:81 refuses connections"},
		{connection(dialing(syscall.ENETUNREACH)), NoRoute, "the network does not lead to 10.0.0.1:81"},
		{connection(syscall.ECONNREFUSED), Closed, "the server refuses connections"},
		{connection(io.EOF), HungUp, "the server closes connections without an answer"},
		{connection(fmt.Errorf("%w: no status line", http1.ErrMalformed)), Foreign, "what the server answers is no HTTP"},
		{connection(http1.ErrNoAnswer), HungUp, "the server closes connections without an answer"},
		{connection(dialing(os.ErrDeadlineExceeded)), Silent, "the server does not take connections: dial tcp 10.0.0.1:81: i/o timeout"},
		{connection(errors.New("malformed\nanswer")), Other, "connection: malformed; answer"},
		{&paceline.Error{Code: paceline.CodeServer, Status: 503, Message: "busy"}, Answered, "the server answers HTTP 503: busy"},
		{&paceline.Error{Code: paceline.CodeCut, Status: 200, Err: io.ErrUnexpectedEOF}, Answered, "the server answers HTTP 200: unexpected EOF"},
		{&paceline.Error{Code: paceline.CodeFirstToken, Message: "nothing for 1m0s"}, Other, "first_token_timeout: nothing for 1m0s"},
		{&paceline.Error{Code: paceline.CodeServer, Err: fmt.Errorf("wrapped: %w", io.EOF)}, Other, "server_error: wrapped: EOF"},
	} {
		if got := Words(tt.err); got != tt.want || KindOf(tt.err) != tt.kind {
			t.Errorf("%v: got  %d %q\nwant %d %q", tt.err, KindOf(tt.err), got, tt.kind, tt.want)
		}
	}
}
