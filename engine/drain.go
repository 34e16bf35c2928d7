package engine

import (
	"errors"
	"fmt"
	"time"
)

// Drain says why a component takes no new connection. What it carries goes on.
type Drain struct {
	Since time.Time `json:"since"`
	// Until is when what still runs is cut; zero leaves it as long as it takes. The drain goes on afterwards.
	Until time.Time `json:"until,omitzero"`
	// By says who ordered it.
	By string `json:"by"`
}

// MaximumDrainSeconds is the longest time that a drain can give to what runs: a week.
const MaximumDrainSeconds = 7 * 24 * 3600

// DrainOrder has components drain, or take connections again.
type DrainOrder struct {
	Components []ID `json:"components"`
	// WithinSeconds is the time that running connections have before they are cut; 0 leaves them as long as they take.
	WithinSeconds int64 `json:"withinSeconds,omitempty"`
	// Undo has the components take connections again.
	Undo bool `json:"undo,omitempty"`
}

// Check tells whether the order can be carried out.
func (o *DrainOrder) Check() error {
	switch {
	case len(o.Components) == 0:
		return fieldError("", "components", errors.New("name at least one component"))
	case o.WithinSeconds < 0 || o.WithinSeconds > MaximumDrainSeconds:
		return fieldError("", "within", fmt.Errorf("use up to %v; 0 leaves running connections as long as they take", MaximumDrainSeconds*time.Second))
	case o.Undo && o.WithinSeconds != 0:
		return fieldError("", "within", errors.New("a component that takes connections again has no time to drain within"))
	}
	return nil
}

// Draining gives why the component takes no new connection: an administrator's order, else its own word; nil where it takes them.
func (c *Component) Draining() *Drain {
	if c.Drain != nil {
		return c.Drain
	}
	return c.Report.Drain
}

// DrainReason says that the component drains, and who ordered it; empty where it takes connections.
func (c *Component) DrainReason() string {
	switch {
	case c.Drain != nil:
		return fmt.Sprintf("%s drains, as %s ordered", c.Name, c.Drain.By)
	case c.Report.Drain != nil:
		return fmt.Sprintf("%s drains (%s)", c.Name, c.Report.Drain.By)
	}
	return ""
}

// RefusesWords says that the component takes no new connection, why, and what ends that; empty where it takes them.
func (c *Component) RefusesWords() string {
	switch {
	case c.Drain != nil:
		return fmt.Sprintf("%s, and takes no new connection until it is told to: lockwired components drain --undo %s", c.DrainReason(), InShell(c.Name))
	case c.Report.Drain != nil:
		return c.DrainReason() + " and takes no new connection until that is undone there, by lockwire-agent drain --undo, or its agent is started again"
	}
	return ""
}

// DrainWords says since when the component drains and until when, and what it still carries; empty where it does not drain.
func (c *Component) DrainWords(now time.Time, carries Carries) string {
	drain := c.Draining()
	if drain == nil {
		return ""
	}
	words := fmt.Sprintf("it has taken no new connection since %s (%s)", momentInWords(drain.Since), drain.By)
	switch {
	case carries == Carries{}:
		return words + "; it carries nothing any more"
	case drain.Until.IsZero():
		return words + "; it still carries " + carries.Words()
	case now.Before(drain.Until):
		return fmt.Sprintf("%s; it still carries %s, what still runs at %s is cut", words, carries.Words(), momentInWords(drain.Until))
	}
	return fmt.Sprintf("%s; it still carries %s, and is cutting that", words, carries.Words())
}

// DrainState is draining while the component drains and still has live sessions, and drained when it has none any more; empty where it
// does not drain.
func (c *ComponentStatus) DrainState() string {
	switch {
	case c.Draining() == nil:
		return ""
	case c.Sessions > 0:
		return "draining"
	}
	return "drained"
}

// Carries counts the open connections of a component, and the live sessions that they are in.
type Carries struct{ Flows, Sessions int }

// Words writes it as "3 connections in 2 sessions".
func (c Carries) Words() string {
	return CountInWords(c.Flows, "connection", "connections") + " in " + CountInWords(c.Sessions, "session", "sessions")
}

// CarriesOf counts what each component that is an end of a live session carries.
func CarriesOf(sessions []Session) map[ID]Carries {
	all := map[ID]Carries{}
	for i := range sessions {
		s := &sessions[i]
		for _, end := range []ID{s.Source, s.Target} {
			c := all[end]
			all[end] = Carries{c.Flows + s.Flows, c.Sessions + 1}
		}
	}
	return all
}
