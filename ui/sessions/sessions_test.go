package sessions

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/engine/record"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
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
func (r *recordedAdministration) Receipts(ctx context.Context, query engine.ReceiptQuery) ([]engine.Receipt, error) {
	r.asked = append(r.asked, query)
	before, _ := r.Receipt(ctx, query.Before)
	all := slices.Clone(r.receipts)
	slices.SortFunc(all, func(a, b engine.Receipt) int { return record.CompareReceipts(&query, &a, &b) })
	var page []engine.Receipt
	for i := range all {
		if (query.Before == "" || record.CompareReceipts(&query, &before, &all[i]) < 0) && (query.State == "" || all[i].State == query.State) && grid.ParseWords(query.Text).In(record.ReceiptText(&all[i])) && len(page) < query.Limit {
			page = append(page, all[i])
		}
	}
	return page, nil
}

func (r *recordedAdministration) Receipt(_ context.Context, id engine.ID) (engine.Receipt, error) {
	for _, receipt := range r.receipts {
		if receipt.ID == id {
			return receipt, nil
		}
	}
	return engine.Receipt{}, engine.ErrNotFound
}

func TestALiveSessionShowsWhatItIsAndWhyItIsStale(t *testing.T) {
	s := uitest.NewStage(t)
	page := New(s.Console).(*view)
	state := s.State(t)
	session := uitest.LiveSession(engine.Plain)
	now := session.Decision
	now.Mode, now.By, now.Rules = engine.Sealed, engine.ByRule, []string{"Nightly"}
	session.Stale, session.Now = true, &now
	state.Sessions = []engine.Session{session}
	s.Window.SetContent(page.Content())
	page.Update(state)
	if !page.live.Contains("live fileserver vault nightly 1.0 gbit/s 2.00 gb stale plain 1.00")(page.live.Rows()[0]) {
		t.Errorf("the row says %+v", page.live.Rows()[0])
	}
	page.Open(string(session.ID))
	words := screen.Text(page.details.content)
	for _, want := range []string{"goes on as plain", "would be sealed (rule Nightly)", "When it began", "Decided now", "2 open", "made", "Step by step"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in %q", want, words)
		}
	}
}

func TestALiveSessionSaysWhatHoldsItBack(t *testing.T) {
	s := uitest.NewStage(t)
	page := New(s.Console).(*view)
	state := s.State(t)
	session := uitest.LiveSession(engine.Sealed)
	session.HeldBack = engine.HeldByTargetCPU
	state.Sessions = []engine.Session{session}
	s.Window.SetContent(page.Content())
	page.Update(state)
	const want = "the processor of vault"
	if !page.live.Contains(want)(page.live.Rows()[0]) {
		t.Errorf("the row says %+v", page.live.Rows()[0])
	}
	page.Open(string(session.ID))
	if words := screen.Text(page.details.content); !strings.Contains(words, "Held back by") || !strings.Contains(words, want) {
		t.Errorf("the details say %q", words)
	}
}

func TestCuttingASessionAsksFirst(t *testing.T) {
	s := uitest.NewStage(t)
	recorded := &recordedAdministration{Administration: s.Local}
	s.Admin = recorded
	page := New(s.Console).(*view)
	state := s.State(t)
	session := uitest.LiveSession(engine.Sealed)
	state.Sessions = []engine.Session{session}
	s.Window.SetContent(page.Content())
	page.Update(state)
	page.Open(string(session.ID))
	page.live.OnKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	if len(recorded.cut) != 0 {
		t.Fatal("it was cut without asking")
	}
	screen.Press(t, s.Window, "Cut session")
	if len(recorded.cut) != 1 || recorded.cut[0] != session.ID {
		t.Errorf("cut: %v", recorded.cut)
	}
}

func TestHistoryIsReadInPages(t *testing.T) {
	s := uitest.NewStage(t)
	recorded := &recordedAdministration{Administration: s.Local}
	for i := range 2*page.ListRead + 50 {
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
	h.list.Renew()
	if got := len(h.list.Table.Rows()); got < page.ListRead || got == len(recorded.receipts) {
		t.Fatalf("%d receipts were read at first", got)
	}
	for range 5 {
		h.list.Table.Select(string(h.list.Table.Rows()[len(h.list.Table.Rows())-1].ID))
	}
	if got := len(h.list.Table.Rows()); got != len(recorded.receipts) {
		t.Errorf("%d receipts in the end, wanted %d", got, len(recorded.receipts))
	}
	h.choice.kind.SetSelected(refusedKind)
	if got := len(h.list.Table.Rows()); got != 5 {
		t.Errorf("%d refused ones, wanted 5", got)
	}
}

func TestAHistoryThatCannotBeReadSaysSo(t *testing.T) {
	s := uitest.NewStage(t)
	h := newHistoryPane(s.Console)
	s.Window.SetContent(h.content)
	s.Broken = errors.New("the broker went away")
	h.list.Renew()
	if words := screen.Text(h.content); !strings.Contains(words, "the broker went away") {
		t.Errorf("it says %q", words)
	}
	s.Broken = nil
	screen.Press(t, s.Window, "Try again")
	if words := screen.Text(h.content); strings.Contains(words, "the broker went away") {
		t.Errorf("it still says %q", words)
	}
}

func TestSessionsThatEndWhileImpossibleDatesAreChosenAreNotRead(t *testing.T) {
	s := uitest.NewStage(t)
	recorded := &recordedAdministration{Administration: s.Local}
	s.Admin = recorded
	h := newHistoryPane(s.Console)
	s.Window.SetContent(h.content)
	h.list.Renew()
	h.choice.days.Span.SetSelected(spanChosen)
	from, until := uitest.Moment, uitest.Moment.AddDate(0, 0, -2)
	h.choice.days.From.SetDate(&from)
	h.choice.days.Until.SetDate(&until)
	asked := len(recorded.asked)
	recorded.end(1, 1)
	h.list.Renew()
	if len(recorded.asked) != asked || len(h.list.Table.Rows()) != 0 {
		t.Errorf("asked %d times more, %d rows are shown", len(recorded.asked)-asked, len(h.list.Table.Rows()))
	}
	h.choice.days.Span.SetSelected(spanAll)
	if len(h.list.Table.Rows()) != 1 {
		t.Errorf("%d rows are shown of possible dates", len(h.list.Table.Rows()))
	}
}

// onRecord puts a sessions page with live sessions into the window.
func onRecord(t *testing.T, sessions ...engine.Session) (*uitest.Stage, *view, *recordedAdministration, *model.State) {
	t.Helper()
	s := uitest.NewStage(t)
	recorded := &recordedAdministration{Administration: s.Local}
	s.Admin = recorded
	page := New(s.Console).(*view)
	state := s.State(t)
	state.Sessions = sessions
	s.Window.SetContent(page.Content())
	page.Update(state)
	return s, page, recorded, state
}

func receiptOf(s engine.Session, state engine.SessionState, reason string) engine.Receipt {
	return engine.Receipt{ID: s.ID, SourceName: s.SourceName, TargetName: s.TargetName, RouteName: s.RouteName, Decision: s.Decision, State: state,
		Began: s.Began, Ended: s.Began.Add(time.Minute), Key: s.Key, Traffic: s.Traffic, AllFlows: 3, Reason: reason}
}

func TestASessionThatEndsWhileItIsLookedAtLeavesItsReceiptThere(t *testing.T) {
	session := uitest.LiveSession(engine.Sealed)
	_, page, recorded, state := onRecord(t, session)
	page.live.Select(string(session.ID))
	ended := *state
	ended.Sessions = nil
	page.Update(&ended) // its receipt is not written yet
	if words := screen.Text(page.details.content); !strings.Contains(words, "Select a session") {
		t.Errorf("without a receipt the pane says %q", words)
	}
	recorded.receipts = []engine.Receipt{receiptOf(session, engine.SessionEnded, "no connection was open for 15 s")}
	page.Update(&ended)
	if words := screen.Text(page.details.content); !strings.Contains(words, "This session has ended: no connection was open for 15 s") {
		t.Errorf("the pane says %q", words)
	}
}

func TestARefusedSessionIsShownWithItsReason(t *testing.T) {
	session := uitest.LiveSession(engine.Sealed)
	session.Key = engine.KeyLife{}
	_, page, recorded, _ := onRecord(t)
	recorded.receipts = []engine.Receipt{receiptOf(session, engine.SessionRefused, "the target is out of reach")}
	page.Open(string(session.ID))
	if page.tabs.SelectedIndex() != historyTab {
		t.Error("the history is not shown")
	}
	words := screen.Text(page.history.details.content)
	if !strings.Contains(words, "Refused: the target is out of reach") || strings.Contains(words, "Life of the key") {
		t.Errorf("the pane says %q", words)
	}
}

func TestASessionThatNobodyKnowsIsSaidSo(t *testing.T) {
	s, page, _, _ := onRecord(t)
	page.Open(string(engine.NewID()))
	if words := screen.Text(s.Window.Canvas().Overlays().Top()); !strings.Contains(words, "neither a live session nor a receipt") {
		t.Errorf("it says %q", words)
	}
}

func TestWhoMayOnlyViewCannotCut(t *testing.T) {
	session := uitest.LiveSession(engine.Sealed)
	s, page, recorded, state := onRecord(t, session)
	s.May = false
	viewing := *state
	viewing.Installation.Role = engine.MayView
	page.Update(&viewing)
	page.live.Select(string(session.ID))
	page.live.OnKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	if page.cut.Visible() || s.Window.Canvas().Overlays().Top() != nil || len(recorded.cut) != 0 {
		t.Error("there is a way to cut")
	}
	if menu := page.live.Menu(&session); menu != nil {
		t.Errorf("the menu offers %d things", len(menu.Items))
	}
}

func TestTheFilterFindsSessionsAsItIsTyped(t *testing.T) {
	sealed, plain := uitest.LiveSession(engine.Sealed), uitest.LiveSession(engine.Plain)
	plain.SourceName, plain.Group = "database", "X25519MLKEM768"
	_, page, _, _ := onRecord(t, sealed, plain)
	for text, want := range map[string]int{"": 2, "DATABASE": 1, "mlkem data": 1, "plain": 1, "fileserver database": 0, `"database to vault"`: 1, `"vault to database"`: 0} {
		page.filter.SetText("")
		test.Type(page.filter, text)
		if got := len(page.live.Shown()); got != want {
			t.Errorf("%q: %d sessions, wanted %d", text, got, want)
		}
	}
}

func TestWhoComesFromAPairSeesItsSessions(t *testing.T) {
	first, second := uitest.LiveSession(engine.Sealed), uitest.LiveSession(engine.Plain)
	second.SourceName = "database"
	_, p, _, _ := onRecord(t, first, second)
	p.tabs.SelectIndex(historyTab)
	p.Open(page.FilterThing(`"database to vault"`))
	if shown := p.live.Shown(); p.tabs.SelectedIndex() != 0 || len(shown) != 1 || shown[0].SourceName != "database" {
		t.Errorf("on tab %d it shows %d sessions", p.tabs.SelectedIndex(), len(shown))
	}
}

func TestHistoryTakesUpWhatEndedWhileItIsShown(t *testing.T) {
	first, second := uitest.LiveSession(engine.Sealed), uitest.LiveSession(engine.Sealed)
	first.ID, second.ID = engine.IDFromBytes([16]byte{6: 0x70, 15: 1}), engine.IDFromBytes([16]byte{6: 0x70, 15: 2})
	_, page, recorded, state := onRecord(t, second)
	recorded.receipts = []engine.Receipt{receiptOf(first, engine.SessionEnded, "cut")}
	page.tabs.SelectIndex(historyTab)
	recorded.receipts = []engine.Receipt{receiptOf(second, engine.SessionEnded, "cut"), receiptOf(first, engine.SessionEnded, "cut")}
	ended := *state
	ended.Sessions = nil
	page.Update(&ended)
	rows := page.history.list.Table.Rows()
	if len(rows) != 2 || rows[0].ID != second.ID {
		t.Errorf("%d rows are shown", len(rows))
	}
}

func TestHistoryAsksForWhatIsChosen(t *testing.T) {
	_, page, recorded, state := onRecord(t)
	component, route := uitest.NewComponent(t, "vault", "10.0.0.2"), engine.Route{ID: engine.NewID(), Name: "nightly"}
	more := *state
	more.Components, more.Routes = []engine.ComponentStatus{{Component: component}}, []engine.RouteStatus{{Route: route}}
	page.Update(&more)
	page.tabs.SelectIndex(historyTab)
	h := page.history
	h.choice.days.Now = func() time.Time { return time.Date(2026, 6, 3, 12, 0, 0, 0, time.Local) }
	last := func() engine.ReceiptQuery { return recorded.asked[len(recorded.asked)-1] }
	day := func(d int) time.Time { return time.Date(2026, 6, d, 0, 0, 0, 0, time.Local) }

	h.choice.component.SetText("vault")
	h.choice.route.SetText("nightly")
	h.choice.kind.SetSelected(plainKind)
	h.choice.days.Span.SetSelected(spanToday)
	if q := last(); q.Component != component.ID || q.Route != route.ID || q.Mode != engine.Plain || !q.From.Equal(day(3)) || !q.Until.IsZero() {
		t.Errorf("asked %+v", q)
	}
	h.choice.days.Span.SetSelected(spanChosen)
	from, until := day(1), day(2)
	h.choice.days.From.SetDate(&from)
	h.choice.days.Until.SetDate(&until)
	if q := last(); !q.From.Equal(day(1)) || !q.Until.Equal(day(3)) {
		t.Errorf("from %v until %v", q.From, q.Until)
	}
	count := len(recorded.asked)
	until = day(1).AddDate(0, 0, -1)
	h.choice.days.Until.SetDate(&until)
	if words := screen.Text(h.content); !strings.Contains(words, "the first day is after the last one") || len(recorded.asked) != count {
		t.Errorf("dates the wrong way round: %q", words)
	}
}

func TestTheLifeOfAKeyIsDrawnAsALine(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(kit.Theme{Appearance: kit.Light})
	at := func(ms int) time.Time { return time.Date(2026, 6, 3, 12, 0, 0, ms*1_000_000, time.Local) }
	line := newTimeline(nil)
	window := test.NewTempWindow(t, line)
	window.Resize(fyne.NewSize(700, 90))
	line.set(keyEvents(engine.KeyLife{Made: at(1), DestroyedBroker: at(2), DeliveredTarget: at(6), DeliveredSource: at(9), DestroyedSource: at(300), SourceErasure: engine.ErasureReleased, TargetErasure: engine.ErasureUnconfirmed}))
	test.AssertRendersToImage(t, "timeline.png", window.Canvas())
}

// BenchmarkTenThousandLiveSessions is a tick of the page with ten thousand sessions, of which every rate changed.
func BenchmarkTenThousandLiveSessions(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(kit.Theme{Appearance: kit.Light})
	window := test.NewTempWindow(b, nil)
	window.Resize(fyne.NewSize(1280, 800))
	c := &page.Console{Window: window, Preferences: fyne.CurrentApp().Preferences(), MayChange: func() bool { return true }, Background: func(work func(context.Context) error, done func(error)) { done(work(b.Context())) }}
	page := New(c).(*view)
	window.SetContent(page.Content())
	sessions := make([]engine.Session, 10_000)
	for i := range sessions {
		sessions[i] = uitest.LiveSession(engine.Sealed)
	}
	state := &model.State{Snapshot: engine.Snapshot{When: uitest.Moment, Sessions: sessions}}
	page.Update(state)
	page.live.Sort("rate", true)
	page.live.Select(string(sessions[0].ID))
	tick := uint64(0)
	for b.Loop() {
		tick++
		for i := range sessions {
			sessions[i].Traffic.RateToTarget = (uint64(i)*7919 + tick*104729) % 250_000_000
		}
		page.Update(state)
	}
}

func TestLiveSessionsBeginWithTheirFirstRowAndThenLeaveTheChoiceToTheirUser(t *testing.T) {
	s, _, state := uitest.Linked(t)
	state.Sessions = []engine.Session{uitest.LiveSession(engine.Sealed)}
	page := New(s.Console).(*view)
	s.BeginsWithItsFirstRow(t, page, state, func() bool { return page.live.SelectionSize() == 1 }, func() { page.live.Select("") })
}

func TestTheTabsOfAPageAreReachedByTheKeyboardAndTheOneThatIsLeftTakesNoKeys(t *testing.T) {
	page, cutting, _ := liveSessions(t, 1)
	page.console.Window.Canvas().Focus(page.live)
	page.live.TypedShortcut(&fyne.ShortcutSelectAll{})
	for _, command := range page.Commands() {
		if command.Title == "Live sessions or history" {
			command.Run()
		}
	}
	if page.tabs.SelectedIndex() != historyTab || page.console.Window.Canvas().Focused() != nil || len(cutting.cut) != 0 {
		t.Errorf("tab %d is shown, %T has the keyboard", page.tabs.SelectedIndex(), page.console.Window.Canvas().Focused())
	}
}

func TestASessionLeadsToItsPairInTheSimulator(t *testing.T) {
	s := uitest.NewStage(t)
	details := newSessionDetails(s.Console, "none")
	s.Window.SetContent(details.content)
	details.showSession(&engine.Session{ID: "1", SourceName: "fileserver", TargetName: "vault"}, uitest.Moment, nil)
	screen.Press(t, s.Window, "Why not another rule?")
	if len(s.Went) != 1 || s.Went[0] != "simulator "+page.PairThing("fileserver", "vault") {
		t.Errorf("it went to %q", s.Went)
	}
}
