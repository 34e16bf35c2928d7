package component

import (
	"time"

	"google.golang.org/protobuf/proto"

	"lockwire/engine"
	"lockwire/engine/component/control"
	"lockwire/engine/component/live"
	"lockwire/engine/wire"
)

// sessionsInMessage keeps a message of stats below the size that the wire allows.
const sessionsInMessage = 500

// told is what a broker was told last of load and traffic.
type told struct {
	stream   *control.Stream
	when     time.Time
	sessions bool // some lived
	first    bool // the first time over the stream, when the load of a second may not be known yet
}

// due tells whether the broker is to be told now, and takes down that it is: each second while sessions live and once after the last
// one, and rarely while none does. What ten thousand quiet components had to say each second would take most of a core there.
func (t *told) due(stream *control.Stream, sessions bool, now time.Time) bool {
	attached := stream != t.stream
	if !sessions && !t.sessions && !attached && !t.first && now.Sub(t.when) < wire.QuietStatsInterval {
		return false
	}
	*t = told{stream: stream, when: now, sessions: sessions, first: attached}
	return true
}

// measure is done each second: where there is anything to tell, it takes the load, apportions the processor time, and tells the brokers.
//
// What a session costs cannot be asked from the system, which counts threads and not flows. So the time that the whole agent
// took in the last second is divided by the bytes that each session moved in it. That is fair among sessions of one mode and
// cipher; where sealed and plain ones run side by side, the plain ones bear a part of the sealed ones' cost.
func (c *Component) measure() {
	now := c.config.Clock.Now()
	var sessions []*live.Session
	var due []*place
	for _, p := range c.places() {
		own := p.sessions.All()
		sessions = append(sessions, own...)
		if stream, _ := p.broker.Stream(); stream != nil && p.told.due(stream, !p.sessions.Empty(), now) {
			due = append(due, p)
		}
	}
	if len(sessions)+len(due) == 0 {
		c.sampler.Rest()
		c.costs.Second(nil, 0)
		return
	}
	load, spent := c.sample()
	c.costs.Second(live.Apportion(sessions, spent), spent)
	load.Costs = c.costs.Known()
	for _, p := range due {
		if p.discreet {
			sendStats(p.told.stream, &wire.Stats{}, p.sessions.Stats())
		} else {
			sendStats(p.told.stream, &wire.Stats{Cores: load.Cores, Agent: load.Agent, Memory: load.Memory, Costs: wire.FromCosts(load.Costs), Clock: wire.Milliseconds(now)}, p.sessions.Stats())
		}
	}
}

// sample takes the load and the processor time since the last call; none where others run in the process.
func (c *Component) sample() (engine.Load, time.Duration) {
	load, spent, err := c.sampler.Sample(c.config.Clock.Now())
	if err != nil {
		if more, ok := c.lines.Pass("load"); ok {
			c.config.Log.Warn("the load cannot be measured", "reason", err.Error(), "more since the last line", more)
		}
	}
	if c.config.ProcessShared {
		spent = 0
	}
	return load, spent
}

// sendStats tells what is known of the machine, and the traffic. Where the stream is congested it is left out: the next second tells it
// better.
func sendStats(s *control.Stream, machine *wire.Stats, sessions []*wire.SessionStats) {
	if s.Congested() {
		return
	}
	newMessage := func() *wire.Stats {
		return proto.CloneOf(machine)
	}
	message := newMessage()
	for _, one := range sessions {
		if len(message.Sessions) == sessionsInMessage {
			s.Send(&wire.Up{Message: &wire.Up_Stats{Stats: message}})
			message = newMessage()
		}
		message.Sessions = append(message.Sessions, one)
	}
	s.Send(&wire.Up{Message: &wire.Up_Stats{Stats: message}})
}

// spent is the processor time that the program has taken so far; 0 where the system does not say, or it says nothing of the
// component alone.
func (c *Component) spent() time.Duration {
	if c.config.ProcessShared {
		return 0
	}
	spent, err := c.config.System.Spent()
	if err != nil {
		return 0
	}
	return spent
}
