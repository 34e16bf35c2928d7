package components

import (
	"testing"

	"lockwire/engine"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
)

func TestComponentsBeginWithTheirFirstRowAndThenLeaveTheChoiceToTheirUser(t *testing.T) {
	s, _, state := uitest.Linked(t)
	page := New(s.Console).(*view)
	s.BeginsWithItsFirstRow(t, page, state, func() bool { return page.chosen() != nil }, func() { page.Table.Select("") })
	asked := New(s.Console).(*view)
	last := state.Components[len(state.Components)-1].ID
	asked.Open(string(last))
	asked.Update(state)
	if got := asked.chosen(); got == nil || got.ID != last {
		t.Errorf("it was asked for %s before anything was read, and shows %+v", last, got)
	}
}

func TestWhoComesFromFoldedComponentsSeesThoseOfTheirKind(t *testing.T) {
	s, _, state := uitest.Linked(t)
	state.Components[0].Tags = []string{"server"}
	state.Components[0].Role, state.Components[1].Role = engine.Repository, engine.Server
	p := New(s.Console).(*view)
	s.Window.SetContent(p.Content())
	p.Update(state)
	for words, want := range map[string]engine.ID{"role:server": state.Components[1].ID, "tag:server": state.Components[0].ID} {
		p.Open(page.FilterThing(words))
		if rows := p.Table.Shown(); len(rows) != 1 || rows[0].id != want {
			t.Errorf("%s: it shows %d rows", words, len(rows))
		}
	}
}
