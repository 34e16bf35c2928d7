package overview

import (
	"fmt"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
)

// estate is an installation of 60 components: 3 repositories, 40 servers and 10 proxies that back up to them, 7 agents without a route.
func estate(t *testing.T, busy int) *model.State {
	state := &model.State{}
	add := func(name string, role engine.Role) engine.ID {
		c := uitest.NewComponent(t, name, "10.0.0.1")
		c.Role = role
		state.Components = append(state.Components, engine.ComponentStatus{Component: c, Online: true})
		return c.ID
	}
	var targets []engine.ID
	for i := range 3 {
		targets = append(targets, add(fmt.Sprintf("vault-%d", i), engine.Repository))
	}
	for i := range 57 {
		role, name := engine.Server, "server"
		if i >= 40 {
			role, name = engine.Proxy, "proxy"
		}
		if i >= 50 {
			role, name = engine.Agent, "agent"
		}
		id := add(fmt.Sprintf("%s-%02d", name, i), role)
		if role == engine.Agent {
			continue
		}
		target := targets[i%3]
		state.Routes = append(state.Routes, engine.RouteStatus{Route: engine.Route{ID: engine.NewID()}, Target: target, Listeners: []engine.Listener{{Component: id}}})
		if i < busy {
			session := uitest.LiveSession(engine.Sealed)
			session.Source, session.Target = id, target
			state.Sessions = append(state.Sessions, session)
		}
	}
	return state
}

func namesOf(m *netMap) string {
	var names []string
	for _, node := range m.nodes {
		name := node.Name
		if node.Detail != "" && node.Stands > 0 {
			name += " (" + node.Detail + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, "; ")
}

func TestWhatHasNoRoomIsFoldedAndCounted(t *testing.T) {
	tests := map[string]struct {
		busy, room int
		edit       func(*model.State)
		want       string
	}{
		"one server runs": {busy: 1, room: 8, want: "vault-0; vault-1; vault-2; proxy-42; server-00; proxy-40; proxy-43; proxy-41; " +
			"6 more proxies; 39 more servers; 7 agents (no route)"},
		"little room leaves one node for each kind": {busy: 2, room: 4, want: "vault-0; vault-1; vault-2; server-00; server-01; 48 more components; 7 components (no route)"},
		"room for one": {room: 1, want: "3 repositories; 57 components"},
		"a route of a tag": {busy: 0, room: 8, edit: func(s *model.State) {
			s.Routes[0].SourceTag, s.Routes[0].Listeners = "branch", nil
			for i := 3; i < 43; i++ {
				s.Routes[0].Listeners = append(s.Routes[0].Listeners, engine.Listener{Component: s.Components[i].ID})
			}
		}, want: "vault-0; vault-1; vault-2; proxy-42; proxy-40; proxy-43; proxy-41; proxy-44; 5 more proxies; 40 tagged branch; 7 agents (no route)"},
		"a route to a provider is a route": {busy: 1, room: 8, edit: func(s *model.State) {
			to := engine.RouteStatus{Route: engine.Route{ID: engine.NewID()}, Provider: "cloud"}
			for i := 53; i < 60; i++ {
				to.Listeners = append(to.Listeners, engine.Listener{Component: s.Components[i].ID})
			}
			s.Routes = append(s.Routes, to)
		}, want: "vault-0; vault-1; vault-2; agent-50; agent-51; agent-52; agent-53; server-00; 3 more agents; 10 proxies; 39 more servers"},
		"some are offline": {busy: 0, room: 3, edit: func(s *model.State) { s.Components[59].Online, s.Components[58].Online = false, false },
			want: "vault-0; vault-1; vault-2; proxy-40; 49 more components; 7 components (2 offline, no route)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			state := estate(t, test.busy)
			if test.edit != nil {
				test.edit(state)
			}
			m := networkOf(state, test.room)
			if got := namesOf(m); got != test.want {
				t.Errorf("it draws %s\n wanted %s", got, test.want)
			}
			all := 0
			for _, node := range m.nodes {
				all += max(node.Stands, 1)
			}
			if all != 60 {
				t.Errorf("%d of 60 components are on the map", all)
			}
		})
	}
}

// Whatever the room is, all the traffic is on the map, and no line has an end that is not.
func TestFoldingLosesNoTraffic(t *testing.T) {
	state := estate(t, 20)
	for room := 1; room < 70; room++ {
		m := networkOf(state, room)
		drawn, columns := map[string]bool{}, [2]int{}
		for _, node := range m.nodes {
			if drawn[node.ID] {
				t.Errorf("room %d: two nodes are %q", room, node.ID)
			}
			drawn[node.ID] = true
			if node.Right {
				columns[1]++
			} else {
				columns[0]++
			}
		}
		if columns[0] > room || columns[1] > room {
			t.Errorf("room %d: %v nodes", room, columns)
		}
		sessions := 0
		for _, line := range m.lines {
			if !drawn[line.From] || !drawn[line.To] {
				t.Errorf("room %d: the line %+v has an end that is not drawn", room, line)
			}
			sessions += m.links[pair[string]{line.From, line.To}].sessions()
		}
		if sessions != 20 {
			t.Errorf("room %d: %d of 20 sessions are on the map", room, sessions)
		}
	}
}

func TestTheMapLeadsToWhatItShows(t *testing.T) {
	s := uitest.NewStage(t)
	p := New(s.Console).(*view)
	p.state = estate(t, 4)
	again := p.state.Sessions[1] // a second session between the same two
	again.ID = engine.NewID()
	p.state.Sessions = append(p.state.Sessions, again)
	p.shown = networkOf(p.state, 8)
	id := func(name string) string {
		for _, node := range p.shown.nodes {
			if strings.HasPrefix(node.Name, name) {
				return node.ID
			}
		}
		t.Fatalf("no node %s among %s", name, namesOf(p.shown))
		return ""
	}
	component := func(name string) string { return string(p.state.Components[indexOf(p.state, name)].ID) }
	p.openNode(id("server-00"))
	p.openNode(id("36 more servers"))
	p.openLine(id("server-00"), id("vault-0"))
	p.openLine(id("server-01"), id("vault-1"))
	p.openLine(id("36 more servers"), id("vault-0"))
	want := []string{
		"components " + component("server-00"), "components " + page.FilterThing("role:server"), "sessions " + string(p.state.Sessions[0].ID),
		"sessions " + page.FilterThing(`"server-01 to vault-1"`), "routes " + string(p.state.Routes[6].ID),
	}
	if got := fmt.Sprintf("%q", s.Went); got != fmt.Sprintf("%q", want) {
		t.Errorf("went to\n%s, wanted\n%q", got, want)
	}
}

func indexOf(state *model.State, name string) int {
	for i := range state.Components {
		if state.Components[i].Name == name {
			return i
		}
	}
	return -1
}
