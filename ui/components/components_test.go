package components

import (
	"testing"

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
