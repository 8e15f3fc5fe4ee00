package http1

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Trip returns how long opening nc took on the network: the round trip by the
// system's clock, where it tells, else what was measured. What was measured is
// longer by however long the goroutine that opened it had to wait for a
// processor, which is far more than a trip where many connections are opened at
// once. nc must have been opened just now, and be the system's own.
func Trip(nc net.Conn, measured time.Duration) time.Duration {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return measured
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return measured
	}
	trip := measured
	err = raw.Control(func(fd uintptr) {
		// What was sent first is not timed if it had to be sent again.
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err == nil && info.Rtt > 0 && info.Total_retrans == 0 {
			trip = min(trip, time.Duration(info.Rtt)*time.Microsecond)
		}
	})
	if err != nil {
		return measured
	}
	return trip
}
