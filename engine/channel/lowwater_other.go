//go:build !linux

package channel

import "net"

// read reads as the connection does: other systems have no such mark, or ignore it when they poll.
func (w *lowWater) read(conn net.Conn, p []byte, _ int) (int, error) { return conn.Read(p) }

func (w *lowWater) readOnce(int) bool { return true }

func setReceiveLowWater(int, int) error { return nil }
