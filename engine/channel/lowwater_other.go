//go:build !linux

package channel

import "net"

// read reads as the connection does: other systems have no such mark, or ignore it when they poll.
func (w *lowWater) read(conn net.Conn, p []byte, _ int) (int, error) { return w.readConn(conn, p) }

// gather does not wait: reading will.
func (w *lowWater) gather(int) error { return nil }

func (w *lowWater) readOnce(int) bool { return true }

func (w *lowWater) gatheredNow(int) bool { return true }

func setReceiveLowWater(int, int) error { return nil }
