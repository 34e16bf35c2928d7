//go:build !linux

package network

// Write writes all of p, as net.Conn does.
func (w *Writer) Write(p []byte) (int, error) { return w.writeToConn(p) }

// WriteBeforeEnd is Write: the system is not told that the end follows.
func (w *Writer) WriteBeforeEnd(p []byte) (int, error) { return w.writeToConn(p) }

func (w *Writer) writeSome(int) bool { return true }
