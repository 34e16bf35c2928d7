package channel

import (
	"crypto/rand"
	"fmt"
	"net"
	"time"

	"lockwire/engine/network"
)

// takeJoin takes a connection that begins as a flight does. Whatever does not fit is reset, all alike, and has changed nothing; what
// is cheap to judge is judged first: the length, the session, its chain, the MAC, the number.
func (s *Server) takeJoin(conn net.Conn, beginning []byte) (*Incoming, error) {
	f, err := readFlight(conn, beginning)
	if err != nil {
		return nil, err
	}
	return s.takeFlight(conn, f)
}

func (s *Server) takeFlight(conn net.Conn, f flight) (*Incoming, error) {
	session, err := s.find(f.session())
	if err != nil {
		return nil, err
	}
	if session.Loopback && !fromLoopback(conn) {
		return nil, fmt.Errorf("%w: from another machine", errNoJoin)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	c, request, err := session.takeJoin(conn, f)
	if err != nil {
		return nil, err
	}
	return admitted(c, request, session)
}

// fromLoopback tells whether the connection comes from this machine.
func fromLoopback(conn net.Conn) bool {
	return network.AddressOf(conn.RemoteAddr()).Addr().IsLoopback()
}

// takeJoin opens a flight. Only where it is authentic is its number used and the chain stepped; the key of its flow is gone when it
// returns.
func (s *Session) takeJoin(conn net.Conn, f flight) (c *Conn, request []byte, err error) {
	checked := *s
	if checked.Sizes, err = s.Sizes.withDefaults(); err != nil {
		return nil, nil, err
	}
	c, request, then, err := s.Secret.takeJoin(conn, f, &checked)
	then()
	return c, request, err
}

// takeJoin is all that a join does with the session secret, under one lock, so that Destroy finds a channel that it can abandon or
// none at all. then is to be called without the lock.
func (s *Secret) takeJoin(conn net.Conn, f flight, session *Session) (c *Conn, request []byte, then func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	then = func() {}
	if s.over {
		return nil, nil, then, ErrNoSession
	}
	chain := s.target.find(f.chain())
	if chain == nil || !f.knocks(chain.door) || !chain.admits(f.number()) {
		return nil, nil, then, errNoJoin
	}
	c = newConn(conn, session, target, chain.group)
	c.opening, c.random = &opening{of: s}, make([]byte, randomSize)
	rand.Read(c.random) // never fails
	request = make([]byte, 0, maximumOpen)
	keys, err := reserveDirections()
	if err != nil {
		return nil, nil, then, err
	}
	err = chain.use(f.number(), time.Now(), func(flow []byte) error {
		if request, err = f.openOnce(session.Terms.Cipher, flow, request); err != nil {
			return errNoJoin
		}
		if err := keys.fill(f, flow, c.random); err != nil {
			return err
		}
		return c.start(keys)
	})
	if err != nil {
		keys.destroy()
		return nil, nil, then, err
	}
	s.unanswered[c] = struct{}{}
	if len(chain.skipped) > 0 {
		s.expireAt(chain.skipped[0].until)
	}
	return c, request, s.settle(chain), nil
}
