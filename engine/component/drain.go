package component

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"lockwire/engine"
	"lockwire/engine/disk"
	"lockwire/engine/session"
)

// drainFile, in the data folder, asks the running agent to drain. The next start removes it.
const drainFile = "drain"

// drainReportInterval is the time between two lines of the log on what a draining component still carries.
const drainReportInterval = 30 * time.Second

// errDraining is why a draining component takes no session.
var errDraining = errors.New("this machine drains: it takes no new connection until its agent is started again")

// RequestDrain asks the running agent of a data folder to take no new connection until it is started again. Those that run
// finish. The agent sees that within seconds; its status says so.
func RequestDrain(folder string) error {
	if err := disk.WriteVolatile(filepath.Join(folder, drainFile), nil); err != nil {
		return fmt.Errorf("ask the agent to drain: %w", err)
	}
	return nil
}

// forgetDrain removes what asked an earlier run to drain.
func (c *Component) forgetDrain() error {
	if c.config.Folder == "" {
		return nil
	}
	if err := os.Remove(filepath.Join(c.config.Folder, drainFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget that the last run was to drain: %w", err)
	}
	return nil
}

func (c *Component) isAskedToDrain() bool {
	if c.config.Folder == "" {
		return false
	}
	_, err := os.Lstat(filepath.Join(c.config.Folder, drainFile))
	return err == nil
}

// drain makes the component take no new connection: its listeners are closed, its sessions end with their last connection,
// offers are refused, and the broker learns of it.
func (c *Component) drain(reason string) {
	if c.reporter.BeginDraining() {
		return
	}
	c.config.Log.Info("the component drains: it takes no new connection", "reason", reason, "still carries", c.carried().String())
	for _, a := range c.attachments {
		a.drain(reason)
	}
	c.tellNews()
}

func (a *attachment) drain(reason string) {
	a.routes.close(errDraining.Error())
	for _, s := range a.sessions.all() {
		s.order(session.DrainOrdered, reason)
	}
	a.pollReport()
}

// drainWithin drains and waits until nothing is carried any more, for at most a while.
func (c *Component) drainWithin(within time.Duration, over <-chan struct{}) {
	c.drain("the agent is being stopped")
	late := c.config.Clock.NewTimer(within)
	defer late.Stop()
	for _, a := range c.attachments {
		for empty := a.sessions.whenEmpty(); empty != nil; {
			again := c.config.Clock.NewTimer(drainReportInterval)
			select {
			case <-empty:
				empty = nil
			case <-again.C():
				c.config.Log.Info("the component still drains", "carries", c.carried().String())
			case <-late.C():
				c.config.Log.Warn("the time to drain is over: what still runs is reset", "carries", c.carried().String())
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

// carriedLoad counts what a component carries.
type carriedLoad struct{ flows, sessions int }

func (l carriedLoad) String() string {
	return fmt.Sprintf("%s in %s", engine.CountInWords(l.flows, "connection", "connections"), engine.CountInWords(l.sessions, "session", "sessions"))
}

func (c *Component) carried() (l carriedLoad) {
	for _, a := range c.attachments {
		for _, s := range a.sessions.all() {
			l.sessions++
			l.flows += int(s.stats().GetFlows())
		}
	}
	return l
}
