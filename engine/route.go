package engine

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Service is a backend behind a target component, or a service of a provider.
type Service struct {
	ID ID `json:"id"`
	// Revision grows by one with each edit, so that an edit of an outdated copy is noticed.
	Revision int64  `json:"revision,omitempty"`
	Name     string `json:"name"`
	Target   ID     `json:"target"` // the component that dials the backend; empty for a provider's
	// Backend is the HOST:PORT that the target dials. One that is not loopback is an open leg. Empty for a provider's.
	Backend string `json:"backend"`
	// Provider is the installation of the provider whose service it is, and Remote the service's id there. Empty for one of this
	// installation.
	Provider ID `json:"provider,omitempty"`
	Remote   ID `json:"remote,omitempty"`
	// MadeFor is the route with which it was made and with which it goes; empty for one that somebody made by itself.
	MadeFor ID `json:"madeFor,omitempty"`
}

// Check refuses a service whose fields are not usable.
func (s *Service) Check() error {
	of := fmt.Sprintf("service %q", abbreviate(s.Name, MaximumNameLength))
	if err := CheckName(s.Name); err != nil {
		return fieldError("service", "name", err)
	}
	if s.Provider != "" {
		switch {
		case s.Target != "" || s.Backend != "":
			return fieldError(of, "provider", errors.New("give either a component with a backend, or a provider with one of its services"))
		case s.Remote == "":
			return fieldError(of, "remote", errors.New("a service of the provider is needed"))
		}
		return nil
	}
	switch {
	case s.Remote != "":
		return fieldError(of, "provider", errors.New("a provider is needed"))
	case s.Target == "":
		return fieldError(of, "target", errors.New("a component is needed"))
	}
	return fieldError(of, "backend", CheckHostPort(s.Backend))
}

// Direction says which way a route's backups go. Files, JSON and command line call it the route's flow.
type Direction string

const (
	Push Direction = "push" // source to target, the usual
	Pull Direction = "pull" // the target's data is backed up by the source
)

// Route listens on its source components and leads to a service.
type Route struct {
	ID ID `json:"id"`
	// Revision grows by one with each edit, so that an edit of an outdated copy is noticed.
	Revision int64  `json:"revision,omitempty"`
	Name     string `json:"name"`
	// Sources are component ids; SourceTag, where it is set, stands for all components that carry the tag instead.
	Sources   []ID   `json:"sources,omitempty"`
	SourceTag string `json:"sourceTag,omitempty"`
	// Listen is the ADDR:PORT that each source listens on. One that is not loopback is an open leg.
	Listen    string    `json:"listen"`
	Service   ID        `json:"service"`
	Direction Direction `json:"flow"`
	// LingerSeconds overrides the setting for this route; 0 takes the setting.
	LingerSeconds int `json:"lingerSeconds,omitempty"`
	// Streams overrides the setting MultipleUploadStreams for this route; 0 takes the setting, 1 is a single one.
	Streams int  `json:"streams,omitempty"`
	Enabled bool `json:"enabled"`
}

// Check refuses a route whose fields are not usable.
func (r *Route) Check() error {
	of := fmt.Sprintf("route %q", abbreviate(r.Name, MaximumNameLength))
	if err := CheckName(r.Name); err != nil {
		return fieldError("route", "name", err)
	}
	switch {
	case len(r.Sources) == 0 && r.SourceTag == "":
		return fieldError(of, "source", errors.New("a component or tag:NAME is needed"))
	case len(r.Sources) > 0 && r.SourceTag != "":
		return fieldError(of, "source", errors.New("either components or one tag"))
	case r.Service == "":
		return fieldError(of, "service", errors.New("a service is needed"))
	case r.Direction != Push && r.Direction != Pull:
		return fieldError(of, "flow", fmt.Errorf("%q is not a flow; use push or pull", abbreviate(string(r.Direction), 16)))
	case r.LingerSeconds < 0 || r.LingerSeconds > maximumLingerSeconds:
		return fieldError(of, "linger", fmt.Errorf("use 0 to %d seconds", maximumLingerSeconds))
	}
	if err := checkStreams(r.Streams); err != nil {
		return fieldError(of, "streams", err)
	}
	if r.SourceTag != "" {
		if err := CheckTag(r.SourceTag); err != nil {
			return fieldError(of, "source", err)
		}
	}
	return fieldError(of, "listen", CheckListen(r.Listen))
}

// CheckListen checks ADDR:PORT with an address, not a name: what is listened on must not depend on DNS.
func CheckListen(text string) error {
	address, err := netip.ParseAddrPort(text)
	if err != nil || address.Port() == 0 {
		return fmt.Errorf("%q is not an address with a port; write one such as 127.0.0.1:8000", abbreviate(text, 128))
	}
	return checkOneMachine(address.Addr())
}

// IsLoopback tells whether a HOST:PORT stays on its machine; anything else is an open leg.
func IsLoopback(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// ListenerState says how a route fares on one of its sources.
type ListenerState string

const (
	ListenerUp      ListenerState = "listening"
	ListenerFailed  ListenerState = "failed"
	ListenerOffline ListenerState = "offline" // the source is not attached
	ListenerPending ListenerState = "pending" // the source has not answered yet
)

// Listener is a route on one of its sources.
type Listener struct {
	Component     ID            `json:"component"`
	ComponentName string        `json:"componentName"`
	State         ListenerState `json:"state"`
	// Problem says in words why it failed and what to do; empty otherwise.
	Problem string `json:"problem,omitempty"`
	// Protection is what protects the route from here now.
	Protection Protection `json:"protection"`
}

// RouteStatus is a route as it is now.
type RouteStatus struct {
	Route
	ServiceName string `json:"serviceName"`
	Backend     string `json:"backend"`
	Target      ID     `json:"target"`
	TargetName  string `json:"targetName"` // the provider's name where the route leads to one
	// Provider is where the route leads to one.
	Provider  ID         `json:"provider,omitempty"`
	Listeners []Listener `json:"listeners"`
	// OpenLegs say in words what of the route is plain outside the channel; empty where nothing is.
	OpenLegs []string `json:"openLegs,omitempty"`
	Sessions int      `json:"sessions"` // live ones
}

// RouteTest asks for a test of a route.
type RouteTest struct {
	Route ID `json:"route"`
	// Bytes are how many to move over each source's channel; 0 means 64 MiB.
	Bytes int64 `json:"bytes"`
	// Compare moves as many bytes again the other way, plain where the rules seal and sealed where they do not, to show what
	// encryption takes. The bytes are made up for the test. Nothing to or from a provider gateway is
	// ever plain, nothing that a service provider has a part in, and nothing within one machine is compared.
	Compare bool `json:"compare,omitempty"`
	// Connect makes real connections to the backend, from the target and from each source past Lockwire. Without it the target
	// reads its table of sockets instead, for a connection is not harmless to every backend: some take a single one.
	Connect bool `json:"connect,omitempty"`
}

// Answer is what looking at something gave.
type Answer string

const (
	AnswerYes Answer = "yes"
	AnswerNo  Answer = "no"
	NotTried  Answer = "not tried" // neither good nor bad
	// NoQuestion is where there is nothing to look at, as behind a service provider's gateway. It is neither good nor bad.
	NoQuestion Answer = "does not apply"
)

// Observation is an answer with what it rests on.
type Observation struct {
	Answer Answer `json:"answer"`
	// At are the endpoints, ADDR:PORT, at which a yes was found.
	At []string `json:"at,omitempty"`
	// Words say how it was found, or why it was not tried.
	Words string `json:"words,omitempty"`
}

// RouteProbe is how a route stands on one of its sources, as far as can be said without a session and without a connection.
type RouteProbe struct {
	Listener
	// TargetAttached tells whether the target's agent is attached to the broker; of a route to a service provider, whether a session could
	// begin there.
	TargetAttached bool `json:"targetAttached"`
	// Backend tells whether the backend listens, read off the target's table of sockets.
	Backend Observation `json:"backend"`
}

// Good tells whether nothing that was looked at is wrong.
func (p *RouteProbe) Good() bool {
	return p.State == ListenerUp && p.TargetAttached && p.Backend.Answer != AnswerNo
}

// RouteTransfer is what a test moved in one session.
type RouteTransfer struct {
	Mode    Mode          `json:"mode"`
	Bytes   int64         `json:"bytes"` // 0 where no transfer took place
	Elapsed time.Duration `json:"elapsed"`
	// SourceCPU and TargetCPU are the agents' CPU time during the transfer; 0 where an agent cannot tell.
	SourceCPU time.Duration `json:"sourceCPU"`
	TargetCPU time.Duration `json:"targetCPU"`
}

// BytesPerSecond is the transfer's rate; 0 where none took place.
func (t *RouteTransfer) BytesPerSecond() uint64 {
	if t.Bytes <= 0 || t.Elapsed <= 0 {
		return 0
	}
	return uint64(float64(t.Bytes) / t.Elapsed.Seconds())
}

// RouteTestResult is what a test of a route found, for one source.
type RouteTestResult struct {
	Component     ID     `json:"component"`
	ComponentName string `json:"componentName"`
	// DataPort tells whether the source reached the target's data port, through the gateway of a service provider where the route leads to
	// one, and the target proved its key there.
	DataPort bool `json:"dataPort"`
	// Endpoint is the address over which it did: the gateway's, where there is one.
	Endpoint string `json:"endpoint,omitempty"`
	// Backend tells whether the backend listens: connected to by the target, or read off its table of sockets.
	Backend Observation `json:"backend"`
	// Around tells whether the backend can be reached without Lockwire; no is good. After a connection At are the addresses at
	// which the source reached it, otherwise those beyond loopback on which it listens.
	Around Observation `json:"around"`
	// RouteTransfer is the one that is as sealed or plain as the rules say, Other the one of a comparison; nil where there was none.
	RouteTransfer
	Other *RouteTransfer `json:"other,omitempty"`
	// Problem says in words what failed and what to do; empty where all went well.
	Problem string `json:"problem,omitempty"`
}

// Good tells whether the test found nothing wrong; what was not tried is neither.
func (r *RouteTestResult) Good() bool { return r.Problem == "" && r.Around.Answer != AnswerYes }

// OpenLegs say in words what of a route is plain outside the channel.
func OpenLegs(route Route, service Service) []string {
	var legs []string
	if !IsLoopback(route.Listen) {
		legs = append(legs, fmt.Sprintf("it listens on %s, so what reaches it from other machines is plain until there", route.Listen))
	}
	if service.Provider == "" && !IsLoopback(service.Backend) {
		legs = append(legs, fmt.Sprintf("the backend %s is not on the target itself, so what goes on to it is plain from there", service.Backend))
	}
	return legs
}

// SourcesOf gives the components that are a route's sources now; revoked ones are none.
func SourcesOf(route Route, components []Component) []Component {
	var sources []Component
	for _, component := range components {
		named := slices.Contains(route.Sources, component.ID) || route.SourceTag != "" && slices.Contains(component.Tags, route.SourceTag)
		if named && component.Revoked.IsZero() {
			sources = append(sources, component)
		}
	}
	return sources
}
