package component

import (
	"net"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/enginetest/loopback"
	"lockwire/engine/wire"
)

// Two routes lead to each other's listener: one connection of a tool would be carried round and round, with two more descriptors
// on each machine each time, and go on when the tool has gone.
func TestRouteThatLeadsBackToItselfIsEnded(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	listens := [2]string{loopback.Address(t), loopback.Address(t)}
	var folders [2]string
	var ids [2]engine.ID
	for i := range 2 {
		folders[i], ids[i] = joined(t, b, []string{"one", "other"}[i], listens[i])
	}
	for i := range 2 {
		r := &testRoute{id: engine.NewID(), name: "route", listen: listens[i], source: ids[i], target: ids[1-i], backend: listens[1-i], mode: engine.Sealed}
		b.routes[r.id] = r
	}
	var machines [2]*runningAgent
	for i := range 2 {
		machines[i] = run(t, folders[i], ids[i])
		await(t, b, func(s *wire.ListenerStates) bool { return len(s.GetStates()) == 1 && s.GetStates()[0].GetListening() })
	}
	conn, err := net.Dial("tcp", listens[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if n, err := conn.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("the tool reads %d bytes, %v", n, err)
	}
	ended := await(t, b, func(e *sessionEnded) bool { return strings.Contains(e.GetReason(), "leads back to itself") })
	if flows := ended.GetStats().GetAllFlows(); flows > 1 {
		t.Errorf("%d flows went round", flows)
	}
}

// A chain of routes is not a loop.
func TestRouteThatLeadsToAnotherOneCarries(t *testing.T) {
	p := newPair(t, engine.Sealed)
	listen := loopback.Address(t)
	folder, first := joined(t, p.b, "first")
	p.b.mu.Lock()
	chained := &testRoute{id: engine.NewID(), name: "chained", listen: listen, source: first, target: p.source.id, backend: p.route.listen, mode: engine.Sealed}
	p.b.routes[chained.id] = chained
	p.b.mu.Unlock()
	if err := machine.AddBackend(p.source.attachments[0].directory.Path(), p.route.listen); err != nil {
		t.Fatal(err)
	}
	run(t, folder, first)
	await(t, p.b, func(s *wire.ListenerStates) bool { return len(s.GetStates()) == 1 && s.GetStates()[0].GetListening() })
	await(t, p.b, func(r *report) bool { return r.from == p.source.id && len(r.GetAllowedBackends()) == 1 })
	p.route.listen = listen
	roundTrip(t, p.dial(t), "hello")
}
