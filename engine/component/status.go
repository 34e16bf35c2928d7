package component

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/disk"
)

// Status is what a component says of itself to whoever looks at its machine.
type Status struct {
	// When is the moment that the status is of. The file is written at least every StatusAge/3 while the component runs.
	When    time.Time `json:"when"`
	Started time.Time `json:"started"`
	PID     int       `json:"pid"`
	Version string    `json:"version"`
	// DataPort is where channels are taken.
	DataPort string `json:"dataPort"`
	// Budget is what connections may take, and take.
	Budget BudgetStatus `json:"budget"`
	// Drain tells that it takes no new connection until that is undone here or it is started again; nil where it takes them.
	Drain *engine.Drain `json:"drain,omitempty"`
	// Carries is what it still carries, where it or one of its attachments drains.
	Carries     string             `json:"carries,omitempty"`
	Report      engine.Report      `json:"report"`
	Attachments []AttachmentStatus `json:"attachments"`
}

// BudgetStatus is what the connections of all installations take together, and the most that they may; one other component has at most half.
type BudgetStatus struct {
	Connections     int `json:"connections"`
	MostConnections int `json:"mostConnections"`
	Kept            int `json:"kept"`    // between the agents, open for the next connection of a tool; not among Connections
	Buffers         int `json:"buffers"` // bytes
	MostBuffers     int `json:"mostBuffers"`
}

// AttachmentStatus is a component's place in one installation.
type AttachmentStatus struct {
	Installation engine.ID `json:"installation"`
	ID           engine.ID `json:"id"`
	Name         string    `json:"name"`
	Role         string    `json:"role,omitempty"`
	Brokers      []string  `json:"brokers"`
	Attached     bool      `json:"attached"`
	// Since is when it attached, or lost the broker.
	Since time.Time `json:"since"`
	// Problem says in words why it is not attached.
	Problem string `json:"problem,omitempty"`
	// Drain is the broker's order to take no new connection; nil where there is none.
	Drain              *engine.Drain    `json:"drain,omitempty"`
	Broker             string           `json:"broker,omitempty"` // the address that it is attached to
	SeenFrom           string           `json:"seenFrom,omitempty"`
	Group              string           `json:"group,omitempty"`
	CertificateExpires time.Time        `json:"certificateExpires"`
	AllowedBackends    []string         `json:"allowedBackends"`
	Listeners          []ListenerStatus `json:"listeners"`
	Sessions           []SessionStatus  `json:"sessions"`
	Providers          []ProviderStatus `json:"providers,omitempty"`
	// Tunnels is what goes through a provider gateway; nil for a component of another role.
	Tunnels *TunnelStatus `json:"tunnels,omitempty"`
}

// TunnelStatus counts the connections of tenants, and the keys that they prove: one for each of a tenant's components, and its broker's.
type TunnelStatus struct {
	Connections int `json:"connections"`
	Keys        int `json:"keys"`
}

// ProviderStatus is a component's place at a service provider, of which its installation is a tenant.
type ProviderStatus struct {
	Installation engine.ID `json:"installation"` // the provider's
	ID           engine.ID `json:"id"`           // of the component there
	Name         string    `json:"name"`         // what the provider calls the component
	Gateways     []string  `json:"gateways"`
	Attached     bool      `json:"attached"`
	// Since is when it attached, or lost the provider's broker.
	Since time.Time `json:"since"`
	// Problem says in words why it is not attached.
	Problem            string          `json:"problem,omitempty"`
	Gateway            string          `json:"gateway,omitempty"` // the one through which it is attached
	Group              string          `json:"group,omitempty"`
	CertificateExpires time.Time       `json:"certificateExpires"`
	Sessions           []SessionStatus `json:"sessions"`
}

// ListenerStatus is one route on this machine.
type ListenerStatus struct {
	Route   engine.ID            `json:"route"`
	Name    string               `json:"name"`
	Listen  string               `json:"listen"`
	State   engine.ListenerState `json:"state"`
	Problem string               `json:"problem,omitempty"`
}

// SessionStatus is one session at this end.
type SessionStatus struct {
	ID       engine.ID   `json:"id"`
	Route    string      `json:"route"`
	Side     string      `json:"side"`
	Peer     string      `json:"peer"`
	Mode     engine.Mode `json:"mode"`
	State    string      `json:"state"`
	Flows    uint32      `json:"flows"`
	AllFlows uint64      `json:"allFlows"`
	ToTarget uint64      `json:"toTarget"`
	ToSource uint64      `json:"toSource"`
}

// Status gives the component's present status.
func (c *Component) Status() Status {
	status := Status{
		When: c.config.Clock.Now().UTC(), Started: c.started.UTC(), PID: os.Getpid(), Version: c.config.Version,
		DataPort: c.listener.Addr().String(), Attachments: []AttachmentStatus{},
	}
	status.Budget.Connections, status.Budget.Buffers = c.budget.Used()
	status.Budget.Kept = c.budget.Kept()
	status.Budget.MostConnections, status.Budget.MostBuffers = c.budget.Most()
	status.Drain = c.reporter.Drain()
	drains := status.Drain != nil
	for _, a := range c.attachments {
		attached, report := a.status()
		status.Report = report
		status.Attachments = append(status.Attachments, attached)
		drains = drains || attached.Drain != nil
	}
	if drains {
		status.Carries = c.carried().Words()
	}
	return status
}

func (a *attachment) status() (AttachmentStatus, engine.Report) {
	kept := a.directory.Attachment()
	presence := a.broker.Presence()
	status := AttachmentStatus{
		Installation: kept.Installation, ID: kept.ID, Name: kept.Name, Role: presence.Role, Brokers: kept.Brokers,
		Attached: presence.Attached, Since: presence.Since.UTC(), Problem: presence.Problem, Broker: presence.Address, SeenFrom: presence.SeenFrom, Group: presence.Group,
		Drain: a.drainOrder.Load(), AllowedBackends: append([]string{}, a.allowed().Entries()...), Listeners: []ListenerStatus{},
	}
	status.CertificateExpires, status.Sessions = a.certificateExpires(), a.sessionStatus()
	if a.gateway.Serves() {
		status.Tunnels = new(TunnelStatus)
		status.Tunnels.Connections, status.Tunnels.Keys = a.gateway.Counts()
	}
	for _, p := range a.providers.list() {
		status.Providers = append(status.Providers, p.status())
	}
	slices.SortFunc(status.Providers, func(x, y ProviderStatus) int { return cmp.Compare(x.Installation, y.Installation) })
	for _, r := range a.routes.All() {
		listener := ListenerStatus{Route: r.ID, Name: r.Name(), Listen: machine.Shorten(r.Listen), State: engine.ListenerUp}
		if listener.Problem = r.Problem(); listener.Problem != "" {
			listener.State = engine.ListenerFailed
		}
		status.Listeners = append(status.Listeners, listener)
	}
	return status, a.broker.Report()
}

func (p *provider) status() ProviderStatus {
	kept, presence := p.directory.Attachment(), p.broker.Presence()
	return ProviderStatus{
		Installation: kept.Installation, ID: kept.ID, Name: kept.Name, Gateways: kept.Brokers,
		Attached: presence.Attached, Since: presence.Since.UTC(), Problem: presence.Problem, Gateway: presence.Address, Group: presence.Group,
		CertificateExpires: p.certificateExpires(), Sessions: p.sessionStatus(),
	}
}

func (p *place) certificateExpires() time.Time {
	certificate, err := p.directory.Certificate()
	if err != nil {
		return time.Time{}
	}
	return certificate.Leaf.NotAfter.UTC()
}

func (p *place) sessionStatus() []SessionStatus {
	all := []SessionStatus{}
	for _, s := range p.sessions.All() {
		stats := s.Stats()
		all = append(all, SessionStatus{
			ID: s.ID, Route: s.Offer.RouteName, Side: s.Offer.Side.String(), Peer: s.Offer.Peer, Mode: s.Offer.Mode, State: s.State(),
			Flows: stats.Flows, AllFlows: stats.AllFlows, ToTarget: stats.ToTarget, ToSource: stats.ToSource,
		})
	}
	return all
}

const (
	// StatusAge is how old a status file may be while its component runs.
	StatusAge = 30 * time.Second

	// statusInterval is for a poll that hangs; else each poll has the status looked at.
	statusInterval    = 2 * pollInterval
	maximumStatusFile = 4 << 20
)

// ErrNotRunning: no component keeps the status file. The text says where it was looked for.
var ErrNotRunning = errors.New("the agent is not running; start it with: lockwire-agent run, or install it with: lockwire-agent service install")

// keepStatusFile writes the status whenever it has changed, and now and then, until ctx ends; then the file is removed.
func (c *Component) keepStatusFile(ctx context.Context) {
	path := c.config.StatusFile
	if path == "" {
		return
	}
	var last Status
	var written []byte
	for ctx.Err() == nil {
		status := c.Status()
		when := status.When
		status.When = last.When
		text, err := json.Marshal(status)
		if err == nil && (!bytes.Equal(text, written) || when.Sub(last.When) >= StatusAge/3) {
			last.When, status.When = when, when
			if text, err = json.MarshalIndent(status, "", "  "); err == nil {
				err = disk.WriteVolatile(path, append(text, '\n'))
			}
			written, _ = json.Marshal(status)
		}
		if err != nil {
			if more, ok := c.lines.Pass("status file"); ok {
				c.config.Log.Warn("the status file is not written", "reason", err.Error(), "more since the last line", more)
			}
		}
		c.waitForStatus(ctx)
	}
	_ = os.Remove(path)
}

// waitForStatus returns when the status is to be looked at again: after each poll, and at once when an attachment comes or goes or
// reports something else: whoever has just started the agent, or changed its list of backends, asks for that.
func (c *Component) waitForStatus(ctx context.Context) {
	timer := c.config.Clock.NewTimer(statusInterval)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-c.news:
	case <-ctx.Done():
	}
}

// tellNews has the status written soon.
func (c *Component) tellNews() {
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// ReadStatus reads the status file of a component. It returns ErrNotRunning where there is none, or where the component
// that wrote it has not done so for StatusAge.
func ReadStatus(path string, now time.Time) (Status, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Status{}, fmt.Errorf("%w (looked for %s)", ErrNotRunning, path)
	}
	if err != nil {
		return Status{}, fmt.Errorf("read the agent's status: %w", err)
	}
	defer file.Close()
	var status Status
	decoder := json.NewDecoder(io.LimitReader(file, maximumStatusFile))
	if err := decoder.Decode(&status); err != nil {
		return Status{}, fmt.Errorf("read the agent's status from %s: %w", path, err)
	}
	if age := now.Sub(status.When); age > StatusAge {
		return status, fmt.Errorf("%w (it was last seen at %s)", ErrNotRunning, status.When.Format(time.RFC3339))
	}
	return status, nil
}

// Words gives the status as people read it.
func (s *Status) Words() string {
	var text strings.Builder
	fmt.Fprintf(&text, "lockwire-agent %s, process %d, running since %s\ndata port %s\n", s.Version, s.PID, s.Started.Local().Format(time.DateTime), s.DataPort)
	fmt.Fprintf(&text, "connections %d of at most %d, and %d kept open to other agents for the next ones; their buffers grown by %d of at most %d MiB; one other component has at most half\n",
		s.Budget.Connections, s.Budget.MostConnections, s.Budget.Kept, s.Budget.Buffers>>20, s.Budget.MostBuffers>>20)
	if s.Drain != nil {
		fmt.Fprintf(&text, "drains since %s (%s): takes no new connection until lockwire-agent drain --undo, or until it is started again; still carries %s\n",
			s.Drain.Since.Local().Format(time.DateTime), s.Drain.By, s.Carries)
	}
	for _, a := range s.Attachments {
		fmt.Fprintf(&text, "\n%s (%s) in installation %s\n", a.Name, a.ID, a.Installation)
		if a.Attached {
			fmt.Fprintf(&text, "  attached to %s since %s, seen from %s, %s\n", a.Broker, a.Since.Local().Format(time.DateTime), a.SeenFrom, a.Group)
		} else {
			fmt.Fprintf(&text, "  NOT attached since %s: %s\n", a.Since.Local().Format(time.DateTime), a.Problem)
		}
		if a.Drain != nil {
			fmt.Fprintf(&text, "  drains since %s, as %s ordered: takes no new connection of this installation until its broker has it take them again; the machine still carries %s\n",
				a.Drain.Since.Local().Format(time.DateTime), a.Drain.By, s.Carries)
		}
		fmt.Fprintf(&text, "  certificate ends %s\n", a.CertificateExpires.Local().Format(time.DateTime))
		if a.Tunnels != nil {
			fmt.Fprintf(&text, "  provider gateway: carries %d connections of %d components and brokers of tenants\n", a.Tunnels.Connections, a.Tunnels.Keys)
		}
		for _, backend := range a.AllowedBackends {
			fmt.Fprintf(&text, "  allows backend %s\n", backend)
		}
		for _, l := range a.Listeners {
			fmt.Fprintf(&text, "  route %s on %s: %s %s\n", l.Name, l.Listen, l.State, l.Problem)
		}
		writeSessions(&text, "  ", a.Sessions)
		for _, p := range a.Providers {
			fmt.Fprintf(&text, "  service provider %s, there %s (%s)\n", p.Installation, p.Name, p.ID)
			if p.Attached {
				fmt.Fprintf(&text, "    attached through the gateway %s since %s, %s\n", p.Gateway, p.Since.Local().Format(time.DateTime), p.Group)
			} else {
				fmt.Fprintf(&text, "    NOT attached since %s: %s\n", p.Since.Local().Format(time.DateTime), p.Problem)
			}
			fmt.Fprintf(&text, "    certificate ends %s\n", p.CertificateExpires.Local().Format(time.DateTime))
			writeSessions(&text, "    ", p.Sessions)
		}
	}
	return text.String()
}

func writeSessions(text *strings.Builder, indent string, all []SessionStatus) {
	for _, one := range all {
		fmt.Fprintf(text, "%ssession %s: %s of route %s with %s, %s, %s, %d open of %d connections, %d bytes to the target, %d to the source\n",
			indent, one.ID, one.Side, one.Route, one.Peer, one.Mode, one.State, one.Flows, one.AllFlows, one.ToTarget, one.ToSource)
	}
}
