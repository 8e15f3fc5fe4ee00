package dash

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// DefaultPort is where the page is, and portsTried how many ports from there on
// are tried where any will do.
const (
	DefaultPort = 7777
	portsTried  = 20
)

// An Address is where a page is to be served.
type Address struct {
	host string // "": every address of the machine
	port int    // 0: any that is free
	next bool   // if the port is taken, one of the next will do
}

// AutoAddress is on this machine only, at the first free port from [DefaultPort] on.
var AutoAddress = Address{host: "127.0.0.1", port: DefaultPort, next: true}

// ParseAddress reads an address: HOST:PORT, a port alone, which is on this machine
// only, an IP address or localhost alone, which have [DefaultPort], or auto for
// [AutoAddress]. Without a host before the colon it is every address of the
// machine. Port 0 is any that is free.
func ParseAddress(text string) (Address, error) {
	switch {
	case text == "auto":
		return AutoAddress, nil
	case text == "localhost" || net.ParseIP(text) != nil:
		return Address{host: text, port: DefaultPort}, nil
	}
	host, port := "127.0.0.1", text
	if strings.Contains(text, ":") {
		var err error
		if host, port, err = net.SplitHostPort(text); err != nil {
			return Address{}, badAddress(text)
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || strings.ContainsAny(host, ` /\@?#`) {
		return Address{}, badAddress(text)
	}
	return Address{host: host, port: int(n)}, nil
}

func badAddress(text string) error {
	return fmt.Errorf("%q is no address; write HOST:PORT, such as 127.0.0.1:%d, a port alone, or auto", text, DefaultPort)
}

// LooksLikeAddress reports whether text was meant for an address, be it a wrong
// one, rather than for a file.
func LooksLikeAddress(text string) bool {
	port := text[strings.LastIndexByte(text, ':')+1:]
	_, err := ParseAddress(text)
	return err == nil || port != "" && strings.Trim(port, "0123456789") == ""
}

// String returns the address as it is given; "" for the zero value.
func (a Address) String() string {
	switch a {
	case Address{}:
		return ""
	case AutoAddress:
		return "auto"
	}
	return net.JoinHostPort(a.host, strconv.Itoa(a.port))
}

// A Listener is where a page is served.
type Listener struct {
	net.Listener
	host string // as it was given
}

// Listen begins to listen. Its error names the address and says what to do.
func (a Address) Listen() (*Listener, error) {
	tries := 1
	if a.next {
		tries = portsTried
	}
	var first error
	for i := range tries {
		l, err := net.Listen("tcp", net.JoinHostPort(a.host, strconv.Itoa(a.port+i)))
		if err == nil {
			return &Listener{Listener: newCrowd(l, connectionsMost), host: a.host}, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, a.explain(first)
}

func (a Address) explain(err error) error {
	at, why := net.JoinHostPort(a.host, strconv.Itoa(a.port)), err
	if e, ok := errors.AsType[*net.OpError](err); ok {
		why = e.Err
	}
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		why = e
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("%s: there is no such host as %s", at, e.Name)
	}
	return fmt.Errorf("%s: %w; name another port, or auto for one that is free", at, why)
}

// Loopback reports whether nobody but this machine can reach l.
func (l *Listener) Loopback() bool {
	a, ok := l.Addr().(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// URL returns where the page is found, for the one who has the token.
func (l *Listener) URL(t Token) string {
	return "http://" + net.JoinHostPort(l.reachable(), l.port()) + "/" + t.Query()
}

// Guard returns who may see a page at l: on a loopback address whoever asks for it
// by a name of this machine, and elsewhere, whatever it is asked for by, who knows
// the token.
func (l *Listener) Guard(t Token) Guard {
	g := Guard{Token: t, Cookie: "paceline-page-" + l.port()}
	if l.Loopback() {
		g.Hosts = []string{l.host}
	}
	return g
}

func (l *Listener) port() string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// reachable returns the host to put into an address: the one that was given, or
// for every address one that others can reach, where there is one.
func (l *Listener) reachable() string {
	if ip := net.ParseIP(l.host); l.host != "" && (ip == nil || !ip.IsUnspecified()) {
		return l.host
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return "localhost"
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			return n.IP.String()
		}
	}
	return "localhost"
}
