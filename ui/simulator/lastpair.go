package simulator

import (
	"cmp"
	"strings"

	"lockwire/engine"
	"lockwire/ui/model"
)

// lastPair is the pair of the youngest live session, or else of a route.
func lastPair(state *model.State) (source, target string, sameHost, found bool) {
	names := make(map[engine.ID]string, len(state.Components))
	for i := range state.Components {
		if component := &state.Components[i]; component.Revoked.IsZero() {
			names[component.ID] = component.Name
		}
	}
	var youngest *engine.Session
	for i := range state.Sessions {
		session := &state.Sessions[i]
		if names[session.Source] == "" || names[session.Target] == "" {
			continue
		}
		if youngest == nil || cmp.Or(session.Began.Compare(youngest.Began), strings.Compare(string(session.ID), string(youngest.ID))) > 0 {
			youngest = session
		}
	}
	if youngest != nil {
		return names[youngest.Source], names[youngest.Target], youngest.Decision.By == engine.BySameMachine, true
	}
	for i := range state.Routes {
		route := &state.Routes[i]
		target := names[route.Target]
		for _, source := range route.Sources {
			if name := names[source]; name != "" && target != "" {
				return name, target, false, true
			}
		}
	}
	return "", "", false, false
}
