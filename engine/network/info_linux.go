package network

import (
	"time"

	"golang.org/x/sys/unix"
)

// stateClosed is TCP_CLOSE of the kernel's enum in net/tcp_states.h.
const stateClosed = 7

func readInfo(fd uintptr) (Info, bool) {
	i, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return Info{}, false
	}
	// The kernel probes a closed window, and counts the probes that nobody has answered. It counts those of an idle connection
	// (keep-alive), too, which have a time limit of their own.
	probed := i.Notsent_bytes > 0 && i.Probes > 0
	inFlight := int(i.Snd_cwnd) * int(i.Snd_mss)
	if i.Snd_wnd > 0 { // before Linux 5.4 it is not told
		inFlight = min(inFlight, int(i.Snd_wnd))
	}
	const unknown = ^uint32(0)
	roundTrip := time.Duration(max(i.Min_rtt, 1)) * time.Microsecond
	if i.Min_rtt == unknown {
		roundTrip = 0
	}
	return Info{
		Closed:            i.State == stateClosed,
		Unacknowledged:    i.Unacked > 0 || probed,
		Acknowledged:      i.Bytes_acked,
		SinceAcknowledged: time.Duration(i.Last_ack_recv) * time.Millisecond,
		RoundTrip:         roundTrip,
		Waiting:           i.Notsent_bytes > 0,
		InFlight:          inFlight,
	}, true
}
