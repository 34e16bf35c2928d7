package ui

import "testing"

func TestRoutesBeginWithTheirFirstRowAndThenLeaveTheChoiceToTheirUser(t *testing.T) {
	s, _, state := linked(t)
	page := NewRoutesPage(s.Console).(*RoutesPage)
	s.beginsWithItsFirstRow(t, page, state, func() bool { return page.chosen() != nil }, func() { page.table.choose("") })
}
