package activity

import (
	"context"
	"slices"
	"strings"
	"time"

	"lockwire/engine"
	"lockwire/engine/record"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/text"
)

// unfolded is how many entries of one change are shown at most; an undo takes back no more at once either.
const unfolded = 1000

// unfold shows what all entries of a change changed, the first one first. Meanwhile the newest stands for them.
func (p *view) unfold(e *engine.AuditEntry) {
	id, query := e.ID, engine.AuditQuery{Change: e.Change, Limit: unfolded}
	kit.Fetch(p.console.Background, func(ctx context.Context) ([]engine.AuditEntry, error) { return p.console.Admin.Audit(ctx, query) }, func(entries []engine.AuditEntry, err error) {
		if p.chosen != id {
			return // another entry is chosen
		}
		if err != nil {
			p.told = nil
			p.changes.SetRows([]record.Difference{{Field: "The other entries could not be read", Before: record.Nothing, After: err.Error()}})
			return
		}
		p.tell(entries)
	})
}

// tell shows what entries changed, the last one first. Where there are several each says of which thing.
func (p *view) tell(entries []engine.AuditEntry) {
	p.told = entries
	var rows []record.Difference
	if len(entries) == unfolded {
		rows = append(rows, record.Difference{Field: "A long change", Before: record.Nothing, After: "shown are its newest " + text.Number(unfolded) + " entries at most"})
	}
	for i := range slices.Backward(entries) {
		begins := ""
		if len(entries) > 1 {
			begins = entries[i].Thing + ": "
		}
		rows = append(rows, p.names.differences(&entries[i], begins)...)
	}
	p.changes.SetRows(rows)
}

// names are what ids in entries stand for now: components, services, tenants and providers.
type names map[engine.ID]string

func namesIn(state *model.State) names {
	n := names{}
	for i := range state.Components {
		n[state.Components[i].ID] = state.Components[i].Name
	}
	for i := range state.Routes {
		r := &state.Routes[i]
		n[r.ID], n[r.Service] = r.Name, r.ServiceName
	}
	for i := range state.Tenants {
		n[state.Tenants[i].ID] = state.Tenants[i].Name
	}
	for i := range state.Providers {
		n[state.Providers[i].ID] = state.Providers[i].Name
	}
	return n
}

// differences are what an entry changed, with names for ids. What begins the name of each field tells several entries apart, of which none
// says its own id.
func (n names) differences(e *engine.AuditEntry, begins string) []record.Difference {
	all := record.Differences(e.Before, e.After)
	if begins != "" {
		all = slices.DeleteFunc(all, func(d record.Difference) bool { return d.Field == "id" })
	}
	for i := range all {
		d := &all[i]
		if d.Field != "id" {
			d.Before, d.After = n.named(d.Before), n.named(d.After)
		}
		d.Field = begins + d.Field
	}
	return all
}

// named puts names in the place of the ids in a list, and times as the screen has them in the place of those of a machine.
func (n names) named(list string) string {
	words := strings.Split(list, ", ")
	for i, word := range words {
		if name := n[engine.ID(word)]; name != "" {
			words[i] = name
		} else if at, err := time.Parse(time.RFC3339Nano, word); err == nil {
			words[i] = text.Time(at)
		}
	}
	return strings.Join(words, ", ")
}
