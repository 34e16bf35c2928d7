package network

import "net"

// Readable tells whether a read would not wait: there are bytes, or, where the system says so, the end or an error. It does not
// depend on the connection's deadline.
func Readable(conn net.Conn) (yes bool) {
	if raw := RawConn(conn); raw != nil {
		_ = raw.Control(func(fd uintptr) { yes = readable(fd) }) // fails only on a closed connection
	}
	return yes
}
