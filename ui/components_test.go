package ui

import "testing"

func TestComponentsBeginWithTheirFirstRowAndThenLeaveTheChoiceToTheirUser(t *testing.T) {
	s, _, state := linked(t)
	page := NewComponentsPage(s.Console).(*ComponentsPage)
	s.beginsWithItsFirstRow(t, page, state, func() bool { return page.chosen() != nil }, func() { page.table.choose("") })
	asked := NewComponentsPage(s.Console).(*ComponentsPage)
	last := state.Components[len(state.Components)-1].ID
	asked.Open(string(last))
	asked.Update(state)
	if got := asked.chosen(); got == nil || got.ID != last {
		t.Errorf("it was asked for %s before anything was read, and shows %+v", last, got)
	}
}
