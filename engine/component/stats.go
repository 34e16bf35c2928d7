package component

import (
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

// sessionsInMessage keeps a message of stats below the size that the wire allows.
const sessionsInMessage = 500

// measure is done each second: it takes the load, apportions the processor time, and tells all brokers.
//
// What a session costs cannot be asked from the system, which counts threads and not flows. So the time that the whole agent
// took in the last second is divided by the bytes that each session moved in it. That is fair among sessions of one mode and
// cipher; where sealed and plain ones run side by side, the plain ones bear a part of the sealed ones' cost.
func (c *Component) measure() {
	load, spent, err := c.sampler.Sample(c.config.Clock.Now())
	if err != nil {
		if more, ok := c.logs.Pass("load"); ok {
			c.config.Log.Warn("the load cannot be measured", "reason", err.Error(), "more since the last line", more)
		}
	}
	if c.config.ProcessShared {
		spent = 0
	}
	var live []*liveSession
	for _, a := range c.attachments {
		live = append(live, a.sessions.all()...)
	}
	c.costs.Second(apportion(live, spent), spent)
	load.Costs = c.costs.Known()
	for _, a := range c.attachments {
		if stream, _ := a.current(); stream != nil {
			stream.sendStats(load, a.sessions.all())
		}
	}
}

// apportion divides the time spent among the sessions by the bytes that each has moved since the last call, and gives those.
func apportion(live []*liveSession, spent time.Duration) (moved []machine.MovedBytes) {
	moved = make([]machine.MovedBytes, len(live))
	total := uint64(0)
	for i, s := range live {
		toTarget, toSource := s.bytes()
		s.mu.Lock()
		moved[i] = machine.MovedBytes{Side: s.engineSide(), Mode: s.offer.mode, Test: s.offer.test, Bytes: toTarget + toSource - s.counted}
		s.counted = toTarget + toSource
		s.mu.Unlock()
		total += moved[i].Bytes
	}
	if total == 0 {
		return moved
	}
	for i, s := range live {
		s.mu.Lock()
		s.cpu += time.Duration(float64(spent) * float64(moved[i].Bytes) / float64(total))
		s.mu.Unlock()
	}
	return moved
}

// sendStats tells load and traffic. Where the stream is congested it is left out: the next second tells it better.
func (s *stream) sendStats(load engine.Load, live []*liveSession) {
	if len(s.out) > cap(s.out)/2 {
		return
	}
	newMessage := func() *wire.Stats {
		return &wire.Stats{Cores: load.Cores, Agent: load.Agent, Memory: load.Memory, Costs: wire.FromCosts(load.Costs)}
	}
	message := newMessage()
	for _, one := range live {
		if len(message.Sessions) == sessionsInMessage {
			s.send(&wire.Up{Message: &wire.Up_Stats{Stats: message}})
			message = newMessage()
		}
		message.Sessions = append(message.Sessions, one.stats())
	}
	s.send(&wire.Up{Message: &wire.Up_Stats{Stats: message}})
}
