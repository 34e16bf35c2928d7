package enginetest

import (
	"net"
	"strings"
	"testing"
	"time"

	"lockwire/engine/component/live"
)

// A component that has joined, and opens as many connections as it can, leaves room at their target for another one.
func TestHostileComponentDoesNotTakeWhatOthersNeed(t *testing.T) {
	i, first, second := New(t), NewEcho(t), NewEcho(t)
	hostile := i.Join(Machine{Name: "hostile", Addresses: []string{"10.77.0.1"}})
	other := i.Join(Machine{Name: "other", Addresses: []string{"10.77.0.2"}})
	target := i.Join(Machine{Name: "target", Addresses: []string{"10.77.0.3"}, AllowBackends: []string{first.Address(), second.Address()}, Memory: 2 * 16 * live.FlowMemory})
	open := func(address string) (open []net.Conn) {
		for {
			conn, err := net.Dial("tcp", address)
			if err == nil {
				conn.SetDeadline(time.Now().Add(Patience))
				if err = tryPing(conn, "word"); err != nil {
					conn.Close()
				}
			}
			if err != nil {
				return open
			}
			t.Cleanup(func() { conn.Close() })
			open = append(open, conn)
		}
	}
	fromHostile, fromOther := i.Route(hostile, target, first.Address(), nil).Listen, i.Route(other, target, second.Address(), nil).Listen
	taken := open(fromHostile)
	if len(taken) != 8 {
		t.Fatalf("the first got %d of the target's 16 places; want half", len(taken))
	}
	i.Wait("the logs say why", func() bool { // after the tool was refused
		log := i.Log.String()
		return strings.Contains(log, "the target has too many flows") && strings.Contains(log, "one component may take no more of this machine")
	})
	if others := open(fromOther); len(others) != 4 {
		t.Errorf("the other one got %d places; want half of what was left", len(others))
	}
	for _, conn := range taken {
		ping(t, conn, "still there")
		conn.Close()
	}
	i.Wait("there is room again", func() bool { return attempt(fromOther, "word") == nil })
}
