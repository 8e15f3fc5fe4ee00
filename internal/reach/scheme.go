package reach

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"time"
)

// What a server was found to speak instead of what its address says.
var (
	ErrSpeaksTLS   = errors.New("the server speaks TLS at this port, and the address begins with http://")
	ErrSpeaksPlain = errors.New("the server speaks HTTP without TLS at this port, and the address begins with https://")
)

// patience is how long a server may take for each step of being looked at. It is asked
// once, beside a call that it does not answer.
const patience = 3 * time.Second

// A Dial opens a connection, as [net.Dialer.DialContext] does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Scheme finds out, over connections of its own, on which no request of the caller's is
// sent, whether the server at base speaks the other one of http and https, and returns
// [ErrSpeaksTLS] or [ErrSpeaksPlain] if it surely does. It returns nil of a server that
// speaks what base says, that cannot be reached, or of which nothing can be told, within
// ten seconds. No certificate is verified by it, nor needs to be.
func Scheme(ctx context.Context, base *url.URL, dial Dial) error {
	address := base.Host
	if base.Port() == "" {
		address = net.JoinHostPort(base.Hostname(), map[string]string{"http": "80", "https": "443"}[base.Scheme])
	}
	tried := speaksTLS(ctx, address, base.Hostname(), dial)
	switch {
	case base.Scheme == "http" && tried:
		return ErrSpeaksTLS
	case base.Scheme == "https" && !tried && speaksPlain(ctx, address, base.Host, dial):
		return ErrSpeaksPlain
	}
	return nil
}

// speaksTLS reports whether the server answers a handshake: by its end, by a certificate
// that does not verify, or by an alert.
func speaksTLS(ctx context.Context, address, name string, dial Dial) bool {
	var err error
	reached := within(ctx, address, dial, func(ctx context.Context, c net.Conn) {
		err = tls.Client(c, &tls.Config{ServerName: name}).HandshakeContext(ctx)
	})
	if !reached || err == nil {
		return reached
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error"
}

// speaksPlain reports whether the server answers a question in HTTP by HTTP.
func speaksPlain(ctx context.Context, address, host string, dial Dial) (yes bool) {
	within(ctx, address, dial, func(_ context.Context, c net.Conn) {
		_, err := io.WriteString(c, "OPTIONS * HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
		begin := make([]byte, len("HTTP/"))
		if err == nil {
			_, err = io.ReadFull(c, begin)
		}
		yes = err == nil && strings.EqualFold(string(begin), "HTTP/")
	})
	return yes
}

// within has f use a connection to address, for no longer than [patience], and reports
// whether there was one.
func within(ctx context.Context, address string, dial Dial, f func(context.Context, net.Conn)) (reached bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := dial(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	f(ctx, c)
	return true
}
