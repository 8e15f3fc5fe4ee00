package keyboard

import (
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// lookForKeys is how often a console is asked for keys: its reads can be waited
// for, but not cancelled.
const lookForKeys = 50 * time.Millisecond

var (
	kernel           = windows.NewLazySystemDLL("kernel32.dll")
	readConsoleInput = kernel.NewProc("ReadConsoleInputW")
)

// A keyRecord is an INPUT_RECORD of a key.
type keyRecord struct {
	kind    uint16 // 1: of a key
	_       uint16
	down    int32
	repeats uint16
	code    uint16
	scan    uint16
	char    uint16 // of UTF-16, 0 for keys that have none
	state   uint32
}

const keyEvent = 1

// A keyboard is a console whose keys are read one by one.
type keyboard struct {
	console windows.Handle
	keys    chan byte
	quit    chan struct{}
	wait    sync.WaitGroup
}

// Read reads the keys of a console. Ctrl-C stays a signal; processes
// are not stopped here, so that awake is never called.
func Read(terminal *os.File, _ func()) (<-chan byte, func(), error) {
	k := &keyboard{console: windows.Handle(terminal.Fd()), keys: make(chan byte), quit: make(chan struct{})}
	var before uint32
	if err := windows.GetConsoleMode(k.console, &before); err != nil {
		return nil, nil, err
	}
	set := before&^(windows.ENABLE_LINE_INPUT|windows.ENABLE_ECHO_INPUT) | windows.ENABLE_PROCESSED_INPUT
	if err := windows.SetConsoleMode(k.console, set); err != nil {
		return nil, nil, err
	}
	k.wait.Go(k.read)
	return k.keys, func() {
		close(k.quit)
		k.wait.Wait()
		// There is nobody to tell that it cannot be set any more.
		_ = windows.SetConsoleMode(k.console, before)
	}, nil
}

// read passes keys on until quit, or until the console is gone.
func (k *keyboard) read() {
	defer close(k.keys)
	tick := time.NewTicker(lookForKeys)
	defer tick.Stop()
	for {
		select {
		case <-k.quit:
			return
		case <-tick.C:
		}
		for {
			var n uint32
			if err := windows.GetNumberOfConsoleInputEvents(k.console, &n); err != nil {
				return
			}
			if n == 0 {
				break
			}
			if !k.pass() {
				return
			}
		}
	}
}

// pass reads one event and passes it on if it is a key that has a character.
func (k *keyboard) pass() bool {
	var r keyRecord
	var n uint32
	ok, _, _ := readConsoleInput.Call(uintptr(k.console), uintptr(unsafe.Pointer(&r)), 1, uintptr(unsafe.Pointer(&n)))
	if ok == 0 {
		return false
	}
	if n == 0 || r.kind != keyEvent || r.down == 0 || r.char == 0 || r.char > '~' {
		return true
	}
	select {
	case k.keys <- byte(r.char):
	case <-k.quit:
	}
	return true
}
