package network

import (
	"net"
	"os"
	"syscall"
)

// ResetOnClose is for net.Dialer.Control and net.ListenConfig.Control: from their first moment on, connections reset their peer
// when they are closed or the process dies. Accepted ones inherit it from the listener.
func ResetOnClose(_, _ string, c syscall.RawConn) error {
	var failed error
	if err := c.Control(func(fd uintptr) {
		failed = os.NewSyscallError("setsockopt", syscall.SetsockoptLinger(handle(fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}))
	}); err != nil {
		return err
	}
	return failed
}

// SetReset makes closing the connection reset it, where it is one of TCP. So does then the kernel of a process that is killed.
func SetReset(conn net.Conn) { setLinger(conn, 0) }

// SetOrderly makes closing the connection orderly again: what was sent is delivered.
func SetOrderly(conn net.Conn) { setLinger(conn, -1) }

func setLinger(conn net.Conn, seconds int) {
	if c, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = c.SetLinger(seconds) // fails only on a closed connection
	}
}

// RawConn gives access to the connection's socket, or nil where it has none.
func RawConn(conn net.Conn) syscall.RawConn {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}
