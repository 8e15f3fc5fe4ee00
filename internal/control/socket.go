package control

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/journal"
)

// longestSocket is the most bytes that a socket's path may have everywhere: the
// systems take 104 (macOS) or 108 of them, with a zero at the end.
const longestSocket = 103

// The files of a run's control socket in the journal's folder.
const (
	socketName = "ctl.sock"
	socketNote = "ctl.path" // holds the socket's path where it stands elsewhere
)

// A controlSocket is the Unix socket on which a run listens. Only its owner may
// connect.
type controlSocket struct {
	net.Listener
	leave func() // removes what stands on the disk
}

// Close stops the listening and removes the socket.
func (s *controlSocket) Close() error {
	err := s.Listener.Close()
	s.leave()
	return err
}

// controlDir returns the folder beside an output, links resolved as the
// journal does it, as an absolute path where that can be told.
func controlDir(output string) string {
	if real, err := filepath.EvalSymlinks(output); err == nil {
		output = real
	}
	if abs, err := filepath.Abs(output); err == nil {
		output = abs
	}
	return journal.Dir(output)
}

// Listen listens for an output whose journal this process holds: what
// an earlier run left there is replaced. Where the folder takes no socket (its
// path is too long, or its file system has none) it stands in a folder of its
// own for temporary files, and a note says where.
func Listen(env *command.Env, output string) (*controlSocket, error) {
	dir := controlDir(output)
	socket, note := filepath.Join(dir, socketName), filepath.Join(dir, socketNote)
	if err := errors.Join(removeStale(socket), removeStale(note)); err != nil {
		return nil, err
	}
	if l, err := listenIn(dir, socket); err == nil {
		return &controlSocket{l, func() { os.Remove(socket) }}, nil
	}
	folder, err := env.TempDir("paceline-")
	if err != nil {
		return nil, err
	}
	elsewhere := filepath.Join(folder, socketName)
	l, err := listenPrivate(elsewhere)
	if err == nil {
		err = env.WriteFile(note, []byte(elsewhere+"\n"))
	}
	if err != nil {
		if l != nil {
			l.Close()
		}
		os.RemoveAll(folder)
		return nil, err
	}
	return &controlSocket{l, func() { os.Remove(note); os.RemoveAll(folder) }}, nil
}

func removeStale(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// listenIn listens at socket in dir. The socket is made in a folder that only
// its owner may enter and moved to its place once its mode is set, so that
// nobody else can connect in between.
func listenIn(dir, socket string) (net.Listener, error) {
	if runtime.GOOS == "windows" { // which has no modes
		return listenPrivate(socket)
	}
	private, err := os.MkdirTemp(dir, "ctl-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(private)
	l, err := listenPrivate(filepath.Join(private, "s"))
	if err != nil {
		return nil, err
	}
	if err := os.Rename(filepath.Join(private, "s"), socket); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// listenPrivate listens at a path in a folder that nobody else may enter.
func listenPrivate(path string) (net.Listener, error) {
	if len(path) > longestSocket {
		return nil, fmt.Errorf("the path of its socket is too long: %s", path)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o600); err != nil && runtime.GOOS != "windows" {
		l.Close()
		return nil, err
	}
	return l, nil
}

// findControl returns the path of the socket of a run on output.
func findControl(env *command.Env, output string) string {
	dir := controlDir(output)
	if note, err := env.ReadFile(filepath.Join(dir, socketNote)); err == nil {
		return strings.TrimSpace(string(note))
	}
	return filepath.Join(dir, socketName)
}
