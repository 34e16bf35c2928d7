package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/engine"
)

// recordedAdministration is an administration whose sessions, receipts and cuts the test has in hand.
type recordedAdministration struct {
	engine.Administration
	receipts []engine.Receipt // newest first
	asked    []engine.ReceiptQuery
	cut      []engine.ID
}

func (r *recordedAdministration) Cut(_ context.Context, id engine.ID) error {
	r.cut = append(r.cut, id)
	return nil
}

// Receipts pages as a store does.
func (r *recordedAdministration) Receipts(_ context.Context, query engine.ReceiptQuery) ([]engine.Receipt, error) {
	r.asked = append(r.asked, query)
	var page []engine.Receipt
	for _, receipt := range r.receipts {
		if (query.Before == "" || receipt.ID < query.Before) && (query.State == "" || receipt.State == query.State) && len(page) < query.Limit {
			page = append(page, receipt)
		}
	}
	return page, nil
}

func liveSession(mode engine.Mode) engine.Session {
	s := engine.Session{ID: engine.NewID(), SourceName: "fileserver", TargetName: "vault", RouteName: "nightly", State: engine.SessionLive, Began: testMoment.Add(-90 * time.Second), Flows: 2}
	s.Decision.Mode, s.Decision.By = mode, engine.ByNone
	s.Traffic = engine.Traffic{ToTarget: 2_000_000_000, RateToTarget: 125_000_000, SourceCPU: time.Second, TargetCPU: time.Second}
	s.Key.Made = s.Began
	return s
}

func TestALiveSessionShowsWhatItIsAndWhyItIsStale(t *testing.T) {
	s := newStage(t)
	page := NewSessionsPage(s.Console).(*sessionsPage)
	state := s.state(t)
	session := liveSession(engine.Plain)
	now := session.Decision
	now.Mode, now.By, now.Rules = engine.Sealed, engine.ByRule, []string{"Nightly"}
	session.Stale, session.Now = true, &now
	state.Sessions = []engine.Session{session}
	s.Window.SetContent(page.Content())
	page.Update(state)
	if !page.live.Contains("fileserver vault nightly 1.0 gbit/s 2.00 gb stale plain 1.00")(page.live.Rows()[0]) {
		t.Errorf("the row says %+v", page.live.Rows()[0])
	}
	page.Open(string(session.ID))
	words := textOf(page.details)
	for _, want := range []string{"began as plain", "would be sealed (rule Nightly)", "2 connections open", "made", "Step by step"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in %q", want, words)
		}
	}
}

func TestCuttingASessionAsksFirst(t *testing.T) {
	s := newStage(t)
	recorded := &recordedAdministration{Administration: s.local}
	s.Admin = recorded
	page := NewSessionsPage(s.Console).(*sessionsPage)
	state := s.state(t)
	session := liveSession(engine.Sealed)
	state.Sessions = []engine.Session{session}
	s.Window.SetContent(page.Content())
	page.Update(state)
	page.Open(string(session.ID))
	page.live.OnKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	if len(recorded.cut) != 0 {
		t.Fatal("it was cut without asking")
	}
	press(t, s.Window, "Cut session")
	if len(recorded.cut) != 1 || recorded.cut[0] != session.ID {
		t.Errorf("cut: %v", recorded.cut)
	}
}

func TestHistoryIsReadInPages(t *testing.T) {
	s := newStage(t)
	recorded := &recordedAdministration{Administration: s.local}
	for i := range 2*historyPage + 50 {
		state := engine.SessionEnded
		if i%100 == 0 {
			state = engine.SessionRefused
		}
		receipt := engine.Receipt{ID: engine.NewID(), State: state, Reason: "no connection was open"}
		receipt.Decision.Mode = engine.Sealed
		recorded.receipts = append([]engine.Receipt{receipt}, recorded.receipts...)
	}
	// Ids of one millisecond do not sort by the time that they were made.
	for i := range recorded.receipts {
		var id [16]byte
		id[6], id[14], id[15] = 0x70, byte((len(recorded.receipts)-i)>>8), byte(len(recorded.receipts)-i)
		recorded.receipts[i].ID = engine.IDFromBytes(id)
	}
	s.Admin = recorded
	h := newHistoryPane(s.Console)
	s.Window.SetContent(h.content)
	h.begin()
	if got := len(h.table.Rows()); got < historyPage || got == len(recorded.receipts) {
		t.Fatalf("%d receipts were read at first", got)
	}
	for range 5 {
		h.table.Select(string(h.table.Rows()[len(h.table.Rows())-1].ID))
	}
	if got := len(h.table.Rows()); got != len(recorded.receipts) {
		t.Errorf("%d receipts in the end, wanted %d", got, len(recorded.receipts))
	}
	h.which.SetSelected(refusedOnes)
	if got := len(h.table.Rows()); got != 5 {
		t.Errorf("%d refused ones, wanted 5", got)
	}
}

func TestAHistoryThatCannotBeReadSaysSo(t *testing.T) {
	s := newStage(t)
	h := newHistoryPane(s.Console)
	s.Window.SetContent(h.content)
	s.broken = errors.New("the broker went away")
	h.begin()
	if words := textOf(s.Window.Canvas().Overlays().Top()); !strings.Contains(words, "the broker went away") {
		t.Errorf("it says %q", words)
	}
}
