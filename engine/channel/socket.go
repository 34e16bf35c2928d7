package channel

import (
	"net"
	"syscall"
)

// setLinger sets SO_LINGER where the connection has it. With 0 seconds closing resets the connection; so does the kernel of
// a process that was killed. With -1 it is the default again, a clean close.
func setLinger(conn net.Conn, seconds int) {
	if c, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = c.SetLinger(seconds) // fails only on a closed connection
	}
}

// rawConn gives access to the connection's socket, or nil where it has none.
func rawConn(conn net.Conn) syscall.RawConn {
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
