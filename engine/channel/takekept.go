package channel

import (
	"fmt"
	"time"
)

// next waits for the flight of the next flow on a connection that is kept. From its first byte on the whole flight comes within the time,
// and whatever else comes resets the connection.
func (s *Server) next(k *kept, within time.Duration) (*Incoming, error) {
	beginning := k.behind
	if len(beginning) == 0 {
		beginning = make([]byte, maximumFlight)
		n, err := k.conn.Read(beginning)
		if n == 0 {
			k.drop()
			return nil, fmt.Errorf("%w: %w", errKeptClosed, err)
		}
		beginning = beginning[:n]
	}
	if !k.take() {
		return nil, errKeptClosed
	}
	if recordType(beginning[0]) != typeJoin {
		return nil, errNoJoin
	}
	if err := k.conn.SetDeadline(time.Now().Add(within)); err != nil {
		return nil, err
	}
	f, err := readFlight(k.conn, beginning)
	if err != nil {
		return nil, err
	}
	if f.session() != k.session {
		return nil, errNoJoin
	}
	return s.takeFlight(k.conn, f)
}
