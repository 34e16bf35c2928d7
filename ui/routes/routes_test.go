package routes

import (
	"testing"

	"lockwire/ui/uitest"
)

func TestRoutesBeginWithTheirFirstRowAndThenLeaveTheChoiceToTheirUser(t *testing.T) {
	s, _, state := uitest.Linked(t)
	page := New(s.Console).(*view)
	s.BeginsWithItsFirstRow(t, page, state, func() bool { return page.chosen() != nil }, func() { page.Table.Select("") })
}
