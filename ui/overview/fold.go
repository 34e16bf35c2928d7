package overview

import (
	"cmp"
	"slices"
	"strings"

	"lockwire/engine"
	"lockwire/ui/text"
)

// member is a component of the map, with what decides whether it is drawn by itself or folded with others.
type member struct {
	status *engine.ComponentStatus
	target bool   // a route or a session leads to it: it stands at the right
	routed bool   // it is an end of a route or a session
	busy   bool   // it carries a session now
	tag    string // of a route that begins at all components with it
}

// drawn is what one node stands for: a component, or several that are folded.
type drawn struct {
	members []member
	key     foldKey // of several
	partly  bool    // others of the same kind are drawn by themselves
}

// foldKey says what folded components have in common. Without role and tag they have nothing but the column.
type foldKey struct {
	routed    bool
	role, tag string
}

// keys are the ways to fold, from many nodes to few.
var keys = []func(*member) foldKey{
	func(m *member) foldKey {
		if m.tag != "" {
			return foldKey{routed: m.routed, tag: m.tag}
		}
		return foldKey{routed: m.routed, role: string(m.status.Role)}
	},
	func(m *member) foldKey {
		if m.routed {
			return foldKey{routed: true, role: string(m.status.Role)}
		}
		return foldKey{}
	},
	func(m *member) foldKey { return foldKey{routed: m.routed} },
}

// allInOne folds what no other way has room for.
func allInOne(*member) foldKey { return foldKey{routed: true} }

// fold gives the nodes of one column, at most as many as there is room for. Components that carry sessions are drawn by themselves first,
// then those with routes; the others are folded by the tag of their route or by their role. The finest way to fold that leaves half of the
// room to single components is taken.
func fold(members []member, room int) []drawn {
	members = slices.Clone(members)
	slices.SortStableFunc(members, func(a, b member) int {
		return cmp.Or(-compareBool(a.busy, b.busy), -compareBool(a.routed, b.routed), compareNames(&a, &b))
	})
	if len(members) <= room {
		return singles(members)
	}
	var best []drawn
	most := -1
	for _, key := range keys {
		if nodes, alone := foldBy(members, room, key); alone > most {
			best, most = nodes, alone
		}
		if 2*most >= room {
			break
		}
	}
	if most < 0 {
		best, _ = foldBy(members, room, allInOne)
	}
	return best
}

// foldBy draws as many of the first members by themselves as there is room for besides the folded ones. Alone is -1 where there is not
// even room for those.
func foldBy(members []member, room int, key func(*member) foldKey) (nodes []drawn, alone int) {
	kinds := map[foldKey]bool{}
	for i := room; i < len(members); i++ {
		kinds[key(&members[i])] = true
	}
	for alone = room - 1; alone >= 0; alone-- {
		kinds[key(&members[alone])] = true
		if alone+len(kinds) <= room {
			return append(singles(members[:alone]), foldRest(members, alone, key)...), alone
		}
	}
	return nil, -1
}

func foldRest(members []member, alone int, key func(*member) foldKey) []drawn {
	var folded []drawn
	for i := alone; i < len(members); i++ {
		k := key(&members[i])
		at := slices.IndexFunc(folded, func(d drawn) bool { return d.key == k })
		if at < 0 {
			at = len(folded)
			folded = append(folded, drawn{key: k})
		}
		folded[at].members = append(folded[at].members, members[i])
	}
	for i := range members[:alone] {
		k := key(&members[i])
		for j := range folded {
			folded[j].partly = folded[j].partly || folded[j].key == k
		}
	}
	return folded
}

func singles(members []member) []drawn {
	nodes := make([]drawn, 0, len(members))
	for _, m := range members {
		nodes = append(nodes, drawn{members: []member{m}})
	}
	return nodes
}

// id names the node: a component by its id, folded ones by what they have in common.
func (d *drawn) id() string {
	if len(d.members) == 1 {
		return string(d.members[0].status.ID)
	}
	side := "source"
	if d.members[0].target {
		side = "target"
	}
	return strings.Join([]string{side, d.key.filter(), routedWord(d.key.routed)}, " ")
}

func routedWord(routed bool) string {
	if routed {
		return "routed"
	}
	return ""
}

// filter are the words that show the folded components on the page of components; empty for all.
func (k foldKey) filter() string {
	switch {
	case k.tag != "":
		return "tag:" + k.tag
	case k.role != "":
		return "role:" + k.role
	}
	return ""
}

// words name folded components, such as "34 more servers".
func (d *drawn) words() string {
	more := ""
	if d.partly {
		more = "more "
	}
	switch {
	case d.key.tag != "":
		return text.Number(len(d.members)) + " " + more + "tagged " + d.key.tag
	case d.key.role != "":
		return text.Number(len(d.members)) + " " + more + roleWords[engine.Role(d.key.role)]
	}
	return text.Number(len(d.members)) + " " + more + "components"
}

// roleWords are the names of several components of a role.
var roleWords = map[engine.Role]string{
	engine.Proxy: "proxies", engine.Repository: "repositories", engine.Gateway: "gateways", engine.Tape: "tape servers", engine.Agent: "agents",
	engine.Server: "servers", engine.ProviderGateway: "provider gateways",
}

func compareNames(a, b *member) int {
	return cmp.Or(text.Compare(a.status.Name, b.status.Name), cmp.Compare(a.status.ID, b.status.ID))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
