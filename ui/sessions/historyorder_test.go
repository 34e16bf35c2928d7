package sessions

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
)

// endedSessions is a history of so many sessions of which the one with the number i moved i*7919 mod n bytes, and ended in the order of its number.
func endedSessions(t *testing.T, n int) (*historyPane, *recordedAdministration) {
	t.Helper()
	s := uitest.NewStage(t)
	recorded := &recordedAdministration{Administration: s.Local}
	for i := range n {
		recorded.end(i, uint64(i*7919%n))
	}
	s.Admin = recorded
	h := newHistoryPane(s.Console)
	s.Window.SetContent(h.content)
	h.list.Renew()
	return h, recorded
}

// end adds the receipt of a session.
func (r *recordedAdministration) end(i int, bytes uint64) engine.ID {
	receipt := engine.Receipt{ID: engine.IDFromBytes([16]byte{6: 0x70, 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}), SourceName: fmt.Sprintf("source-%d", i%7), State: engine.SessionEnded,
		Began: uitest.Moment.Add(time.Duration(i) * time.Second), Ended: uitest.Moment.Add(time.Duration(i) * time.Minute)}
	receipt.Decision.Mode, receipt.Traffic.ToTarget = engine.Sealed, bytes
	r.receipts = append([]engine.Receipt{receipt}, r.receipts...)
	return receipt.ID
}

// shownBytes are what the table's rows moved, from the top.
func shownBytes(h *historyPane) []uint64 {
	var all []uint64
	for _, r := range h.list.Table.Shown() {
		all = append(all, r.Traffic.ToTarget)
	}
	return all
}

func TestHistoryIsSortedOverAllThatWasRecorded(t *testing.T) {
	h, recorded := endedSessions(t, 3*page.ListRead)
	h.list.Table.Sort("bytes", true)
	got := shownBytes(h)
	if len(got) != page.ListRead || got[0] != 3*page.ListRead-1 || got[page.ListRead-1] != 2*page.ListRead {
		t.Errorf("%d rows, from %d to %d bytes", len(got), got[0], got[len(got)-1])
	}
	if last := recorded.asked[len(recorded.asked)-1]; last.Order != engine.ReceiptsByBytes || last.Upward || last.Before != "" {
		t.Errorf("asked for %+v", last)
	}
	h.list.Table.Select(string(h.list.Table.Rows()[page.ListRead-1].ID))
	if got := shownBytes(h); len(got) != 2*page.ListRead || !slices.IsSortedFunc(got, func(a, b uint64) int { return int(b) - int(a) }) {
		t.Errorf("the next page makes %d rows, or they are not in order", len(got))
	}
	h.list.Table.Sort("began", false)
	if rows := h.list.Table.Shown(); rows[0].ID != recorded.receipts[len(recorded.receipts)-1].ID {
		t.Error("upward, the oldest is not the first")
	}
}

func TestASessionThatEndsMeanwhileIsPutWhereItBelongs(t *testing.T) {
	h, recorded := endedSessions(t, 2*page.ListRead)
	h.list.Table.Sort("bytes", true)
	chosen := h.list.Table.Rows()[3].ID
	h.list.Table.Select(string(chosen))
	large, small := recorded.end(2*page.ListRead, 2*page.ListRead-2), recorded.end(2*page.ListRead+1, 5)
	h.list.Renew()
	if rows := h.list.Table.Shown(); rows[1].ID != large || len(rows) != page.ListRead+1 {
		t.Errorf("%d rows, %v", len(rows), shownBytes(h)[:4])
	}
	if row, ok := h.list.Table.Selected(); !ok || row.ID != chosen {
		t.Error("the selection is lost")
	}
	for range 3 {
		h.list.Table.Select(string(h.list.Table.Rows()[len(h.list.Table.Rows())-1].ID))
	}
	got := h.list.Table.Rows()
	seen := map[engine.ID]int{}
	for _, r := range got {
		seen[r.ID]++
	}
	if len(got) != 2*page.ListRead+2 || len(seen) != len(got) || seen[small] != 1 {
		t.Errorf("%d rows in the end, %d different ones, the small one %d times", len(got), len(seen), seen[small])
	}
}

func TestWhereMoreEndedThanIsReadAtOnceAllIsReadAnew(t *testing.T) {
	h, recorded := endedSessions(t, 10)
	h.list.Renew()
	for i := range 3 * page.ListRead {
		recorded.end(10+i, 1)
	}
	h.list.Renew()
	if rows := h.list.Table.Rows(); rows[0].ID != recorded.receipts[0].ID || len(rows) != page.ListRead {
		t.Errorf("%d rows", len(rows))
	}
	for range 5 {
		h.list.Table.Select(string(h.list.Table.Rows()[len(h.list.Table.Rows())-1].ID))
	}
	if got := len(h.list.Table.Rows()); got != len(recorded.receipts) {
		t.Errorf("%d rows of %d in the end", got, len(recorded.receipts))
	}
}

func TestASessionThatEndsWhileAPageIsReadIsNotMissed(t *testing.T) {
	h, recorded := endedSessions(t, 10)
	var waiting []func()
	h.console.Background = func(work func(context.Context) error, done func(error)) {
		err := work(t.Context())
		waiting = append(waiting, func() { done(err) })
	}
	h.list.Renew()
	last := recorded.end(10, 1)
	h.list.Renew()
	for len(waiting) > 0 {
		next := waiting[0]
		waiting = waiting[1:]
		next()
	}
	if rows := h.list.Table.Rows(); len(rows) != 11 || rows[0].ID != last {
		t.Errorf("%d rows", len(rows))
	}
}

// A column by which the engine lists nothing must not pretend to sort what happens to be read.
func TestEachColumnOfTheHistoryIsAnOrderOrNone(t *testing.T) {
	known := 0
	for _, c := range historyColumns() {
		order := engine.ReceiptOrder(c.ID)
		if c.ID == "began" {
			order = engine.ReceiptsByBegan
		}
		if ordered := slices.Contains(engine.ReceiptOrders, order); ordered == c.Unordered {
			t.Errorf("%s: the engine has the order: %v", c.ID, ordered)
		} else if ordered {
			known++
		}
	}
	if known != len(engine.ReceiptOrders) {
		t.Errorf("%d of %d orders have a column", known, len(engine.ReceiptOrders))
	}
}

func TestHistoryBeginsWithItsNewestRowAndThenLeavesTheChoiceToItsUser(t *testing.T) {
	s := uitest.NewStage(t)
	s.Record(t, uitest.EndedSession(engine.Sealed, engine.SessionEnded, time.Now().Add(-time.Hour), 1e9))
	history := newHistoryPane(s.Console)
	s.Window.SetContent(history.content)
	history.list.Renew()
	if history.list.Table.SelectionSize() != 1 {
		t.Error("the history begins with nothing selected")
	}
	history.list.Table.Select("")
	history.list.Restart()
	if history.list.Table.SelectionSize() != 0 {
		t.Error("the history selects what its user had left")
	}

	other := newHistoryPane(s.Console)
	s.Window.SetContent(other.content)
	looked := uitest.EndedSession(engine.Plain, engine.SessionRefused, uitest.Moment, 0)
	other.open(&looked)
	other.list.Renew()
	if other.list.Table.SelectionSize() != 0 {
		t.Error("a session that was asked for is put aside for the first one of the table")
	}
}
