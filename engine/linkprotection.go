package engine

import "fmt"

// ProtectionState says how a session over a link would be carried.
type ProtectionState string

const (
	ProtectionSealed  ProtectionState = "sealed"
	ProtectionPlain   ProtectionState = "plain"
	ProtectionRefused ProtectionState = "refused" // no session can begin
)

// Protection is what protects a link now. The zero value is not known yet.
type Protection struct {
	State ProtectionState `json:"state,omitempty"`
	// Why says in words what decides: what seals it, why it is plain, or what keeps sessions from it.
	Why string `json:"why,omitempty"`
	// Unruled tells that it is plain only because no rule says otherwise: one that encrypts would seal it.
	Unruled bool `json:"unruled,omitempty"`
}

// Protection is what the decision says, for a link.
func (d *Decision) Protection() Protection {
	p := Protection{State: ProtectionSealed, Why: d.Because()}
	if d.Mode != Sealed {
		p.State = ProtectionPlain
	}
	if d.Mode != Sealed && d.By == ByNone {
		p.Why, p.Unruled = "no rule encrypts it", true
	}
	return p
}

// ProtectionWords say what protects a route from one of its sources, in one line.
func (l *Listener) ProtectionWords(target string) string {
	state := string(l.Protection.State)
	switch l.Protection.State {
	case "":
		return fmt.Sprintf("%s to %s: not known yet", l.ComponentName, target)
	case ProtectionPlain:
		state = "PLAIN"
	case ProtectionRefused:
		state = "REFUSED"
	}
	return fmt.Sprintf("%s to %s: %s, %s", l.ComponentName, target, state, l.Protection.Why)
}

// Protections say what protects a route from each of its sources, a line each.
func (r *RouteStatus) Protections() []string {
	words := make([]string, len(r.Listeners))
	for i := range r.Listeners {
		words[i] = r.Listeners[i].ProtectionWords(r.TargetName)
	}
	return words
}

// LinkProtection is what keeps all sessions from a link; the zero value where nothing does and the rules decide.
func LinkProtection(source, target *Component) Protection {
	why := ""
	switch {
	case target == nil:
		why = "the route leads to no component"
	case !target.Revoked.IsZero():
		why = fmt.Sprintf("%s was revoked", target.Name)
	case source.ID == target.ID:
		why = fmt.Sprintf("%s is source and target", source.Name)
	default:
		return Protection{}
	}
	return Protection{State: ProtectionRefused, Why: why}
}
