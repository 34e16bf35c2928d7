package component

import (
	"fmt"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

// A component drains for one of three reasons: its data folder asks for it (machine.RequestDrain), it is being stopped, or a broker
// orders it, for its own attachment alone. It keeps its listeners: a connection of a tool is refused with the reason, by the broker
// where that can be asked, so that it leaves a receipt.

// drainReportInterval is the time between two lines of the log on what a draining component still carries.
const drainReportInterval = 30 * time.Second

// forgetDrain removes what asked an earlier run to drain.
func (c *Component) forgetDrain() error {
	if c.config.Folder == "" {
		return nil
	}
	_, err := machine.UndoDrain(c.config.Folder)
	return err
}

// pollDrain takes up what the data folder asks for, and resets what still runs when its time is over.
func (c *Component) pollDrain() {
	if c.stopping.Load() {
		return
	}
	asked, err := machine.RequestedDrain(c.config.Folder, c.config.Clock.Now())
	if err != nil {
		if more, ok := c.lines.Pass("drain"); ok {
			c.config.Log.Error("the request to drain cannot be read, so that it has no end", "reason", err.Error(), "more since the last line", more)
		}
	}
	present := c.reporter.Drain()
	switch {
	case asked == nil && present != nil:
		c.reporter.SetDrain(nil)
		c.config.Log.Info("the component takes connections again")
		c.pollReports()
	case asked != nil && (present == nil || !present.Until.Equal(asked.Until)):
		c.drain(asked)
	}
	if asked != nil && !asked.Until.IsZero() && !c.config.Clock.Now().Before(asked.Until) {
		for _, p := range c.places() {
			p.sessions.CutAll("this machine drains, and the time for what still ran is over")
		}
		for _, a := range c.attachments {
			a.gateway.CutSessions()
		}
	}
}

// drain makes the component take no new connection of its own accord: its sessions end with their last connection, offers are
// refused, and its brokers learn of it.
func (c *Component) drain(order *engine.Drain) {
	c.reporter.SetDrain(order)
	for _, a := range c.attachments {
		a.drainSessions()
	}
	c.config.Log.Info("the component drains: it takes no new connection", "reason", order.By, "still carries", c.carried().Words())
	c.pollReports()
}

// pollReports lets the brokers and the status know.
func (c *Component) pollReports() {
	for _, a := range c.attachments {
		a.pollReport()
	}
	c.tellNews()
}

// takeDrainOrder takes a broker's order; without a drain in it the broker has nothing against new connections.
func (a *attachment) takeDrainOrder(message *wire.DrainOrder) error {
	order, err := message.GetDrain().Engine()
	if err != nil {
		return err
	}
	before := a.drainOrder.Swap(order)
	switch {
	case order != nil:
		a.log.Info("the broker has this component drain: it takes no new connection", "ordered by", order.By)
		a.drainSessions()
	case before != nil:
		a.log.Info("the broker has this component take connections again")
	}
	a.c.tellNews()
	return nil
}

// drainSessions ends all sessions with their last connection.
func (a *attachment) drainSessions() {
	if why := a.drains(); why != nil {
		a.sessions.DrainAll(why.Error())
	}
}

// drains says why the attachment takes no new connection; nil where it does.
func (a *attachment) drains() error {
	if own := a.c.reporter.Drain(); own != nil {
		return fmt.Errorf("this machine drains (%s) and takes no new connection", own.By)
	}
	if order := a.drainOrder.Load(); order != nil {
		return fmt.Errorf("this machine drains, as %s ordered, and takes no new connection", order.By)
	}
	return nil
}

// drainWithin drains and waits until nothing is carried any more, for at most a while.
func (c *Component) drainWithin(within time.Duration, over <-chan struct{}) {
	c.stopping.Store(true)
	now := c.config.Clock.Now().UTC()
	c.drain(&engine.Drain{Since: now, Until: now.Add(within), By: "its agent is being stopped"})
	late := c.config.Clock.NewTimer(within)
	defer late.Stop()
	var carrying []<-chan struct{}
	for _, a := range c.attachments { // which know of those at service providers, too
		carrying = append(carrying, a.sessions.WhenEmpty(), a.gateway.WhenEmpty())
	}
	for _, empty := range carrying {
		for empty != nil {
			again := c.config.Clock.NewTimer(drainReportInterval)
			select {
			case <-empty:
				empty = nil
			case <-again.C():
				c.config.Log.Info("the component still drains", "carries", c.carried().Words())
			case <-late.C():
				c.config.Log.Warn("the time to drain is over: what still runs is reset", "carries", c.carried().Words())
				again.Stop()
				return
			case <-over:
				again.Stop()
				return
			}
			again.Stop()
		}
	}
	c.config.Log.Info("the component has drained")
}

// carried counts what the component carries.
func (c *Component) carried() (carries engine.Carries) {
	for _, p := range c.places() {
		for _, s := range p.sessions.All() {
			carries.Sessions++
			carries.Flows += int(s.Stats().GetFlows())
		}
	}
	for _, a := range c.attachments {
		sessions, flows := a.gateway.Carried()
		carries.Sessions += sessions
		carries.Flows += flows
	}
	return carries
}
