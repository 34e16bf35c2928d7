package network

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// lock switches the system's tuning of the receive buffer off. It gives false where the system cannot do that, as before Linux 5.14.
func (b *ReceiveBuffer) lock() bool {
	err := b.raw.Control(func(fd uintptr) {
		if b.err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BUF_LOCK, unix.SOCK_RCVBUF_LOCK); b.err == nil {
			b.size, b.err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
		}
	})
	if err != nil || b.err != nil {
		b.size = 0
	}
	return b.size > 0
}

// resize has the buffer grow to about want, and tells whether it has set SO_RCVLOWAT, which is 1 then.
func (b *ReceiveBuffer) resize() bool {
	err := b.raw.Control(func(fd uintptr) { b.err = b.resizeOf(int(fd)) })
	return err == nil && b.err == nil
}

func (b *ReceiveBuffer) resizeOf(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BUF_LOCK, 0); err != nil {
		return err
	}
	// How much place a mark takes depends on what the packets of this connection are like: usually twice the mark.
	before, mark := b.size, b.want/8
	for b.makePlace(fd, mark) && b.size <= before && mark < b.want {
		mark *= 2
	}
	if b.size > before && b.size < b.want-b.want/8 {
		b.makePlace(fd, int(float64(mark)*float64(b.want)/float64(b.size)))
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BUF_LOCK, unix.SOCK_RCVBUF_LOCK); err != nil {
		return err
	}
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, 1)
}

// makePlace sets the mark, for which the system makes place, and tells whether it did.
func (b *ReceiveBuffer) makePlace(fd, mark int) bool {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, mark); err != nil {
		return false
	}
	size, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err == nil {
		b.size = size
	}
	return err == nil
}

// ask reads the shortest round trip of the connection and how much of the buffer its window is; false where the system does not say.
func (b *ReceiveBuffer) ask() bool {
	const unknown = ^uint32(0)
	known := false
	err := b.raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil || info.Min_rtt == 0 || info.Min_rtt == unknown {
			return
		}
		b.rtt = time.Duration(info.Min_rtt) * time.Microsecond
		if b.window, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_WINDOW_CLAMP); err != nil {
			return
		}
		known = b.window > 0
	})
	return err == nil && known
}

// BoundUnsent lets a connection hold at most n bytes that were written and could not be sent yet. What was sent and is not
// acknowledged comes on top.
func BoundUnsent(conn net.Conn, n int) {
	if raw := RawConn(conn); raw != nil {
		_ = raw.Control(func(fd uintptr) { // fails only on a closed connection
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, n)
		})
	}
}
