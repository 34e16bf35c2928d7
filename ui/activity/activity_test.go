package activity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/engine/record"
	"lockwire/ui/grid"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

const listRead = page.ListRead

// auditedAdministration is an administration whose audit the test has in hand.
type auditedAdministration struct {
	engine.Administration
	entries []engine.AuditEntry // newest first
	asked   []engine.AuditQuery
	broken  error
}

func (a *auditedAdministration) Audit(_ context.Context, query engine.AuditQuery) ([]engine.AuditEntry, error) {
	a.asked = append(a.asked, query)
	var before engine.AuditEntry
	if at := slices.IndexFunc(a.entries, func(e engine.AuditEntry) bool { return e.ID == query.Before }); at >= 0 {
		before = a.entries[at]
	}
	all := slices.Clone(a.entries)
	slices.SortFunc(all, func(x, y engine.AuditEntry) int { return record.CompareEntries(&query, &x, &y) })
	var page []engine.AuditEntry
	for _, entry := range all {
		if (query.Before == "" || record.CompareEntries(&query, &before, &entry) < 0) && grid.ParseWords(query.Text).In(record.EntryText(&entry)) && len(page) < query.Limit {
			page = append(page, entry)
		}
	}
	return page, a.broken
}

// add adds an entry that is newer than all.
func (a *auditedAdministration) add(what, thing string) {
	n := len(a.entries) + 1
	a.entries = append([]engine.AuditEntry{{ID: engine.IDFromBytes([16]byte{6: 0x70, 14: byte(n >> 8), 15: byte(n)}), When: uitest.Moment, Who: "uid 0 (root)", What: what, Thing: thing}}, a.entries...)
}

func onAudit(t *testing.T, n int) (*uitest.Stage, *view, *auditedAdministration, *model.State) {
	t.Helper()
	s := uitest.NewStage(t)
	audited := &auditedAdministration{Administration: s.Local}
	s.Admin = audited
	for i := range n {
		audited.add("rule.edit", fmt.Sprintf("Rule %d", i))
	}
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	state := s.State(t)
	page.Update(state)
	return s, page, audited, state
}

func TestActivityIsReadInPagesAsOneScrolls(t *testing.T) {
	_, page, audited, state := onAudit(t, 2*listRead+10)
	if got := len(page.list.Table.Rows()); got != listRead {
		t.Fatalf("%d entries were read at first", got)
	}
	page.Update(state) // nothing changed: nothing is read
	if len(audited.asked) != 1 {
		t.Errorf("asked %d times", len(audited.asked))
	}
	for range 4 {
		page.list.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	}
	if got := len(page.list.Table.Rows()); got != len(audited.entries) {
		t.Errorf("%d entries in the end", got)
	}
	if words := page.list.Caption.Text; words != "410 entries" {
		t.Errorf("it says %q", words)
	}
}

func TestWhatIsNewStandsAboveWithoutLosingTheSelection(t *testing.T) {
	_, page, audited, state := onAudit(t, listRead+10)
	chosen := page.list.Table.Rows()[7]
	page.list.Table.Select(string(chosen.ID))
	audited.add("component.revoke", "old vault")
	changed := *state
	changed.Revision++
	page.Update(&changed)
	rows := page.list.Table.Rows()
	if len(rows) != listRead+1 || rows[0].Thing != "old vault" {
		t.Errorf("%d rows, the first of %s", len(rows), rows[0].Thing)
	}
	if row, ok := page.list.Table.Selected(); !ok || row.ID != chosen.ID {
		t.Error("the selection is lost")
	}
	for range 300 {
		audited.add("rule.add", "many")
	}
	changed.Revision++
	again := changed
	page.Update(&again)
	if rows := page.list.Table.Rows(); rows[0].ID != audited.entries[0].ID {
		t.Error("more than a page of new entries is not shown")
	}
	for range 8 {
		page.list.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	}
	if got := len(page.list.Table.Rows()); got != len(audited.entries) {
		t.Errorf("%d of %d entries in the end", got, len(audited.entries))
	}
}

func TestWhatIsLookedForIsFoundHoweverOldItIs(t *testing.T) {
	_, page, audited, _ := onAudit(t, 3*listRead)
	audited.entries[len(audited.entries)-2].Thing = "the old vault"
	test.Type(page.filter, "old vault edited")
	if last := audited.asked[len(audited.asked)-1]; last.Text != "old vault edited" || last.Before != "" {
		t.Errorf("asked for %+v", last)
	}
	if shown := page.list.Table.Shown(); len(shown) != 1 || shown[0].Thing != "the old vault" {
		t.Errorf("among %d entries it found %d", len(audited.entries), len(shown))
	}
}

func TestAnEntryShowsWhatItChangedFieldByField(t *testing.T) {
	_, page, audited, state := onAudit(t, 0)
	audited.add("rule.edit", "Branch uplink")
	audited.entries[0].Before = json.RawMessage(`{"name":"Branch uplink","encrypt":true,"source":["10.0.0.1","10.0.0.2"],"throttle":null,"joined":"2026-06-03T10:00:00Z","revision":1}`)
	audited.entries[0].After = json.RawMessage(`{"name":"Branch uplink","encrypt":false,"source":["10.0.0.1"],"throttle":{"value":100,"neverThrottleRestores":true},"joined":"2026-06-03T11:00:00.5Z","revision":2}`)
	changed := *state
	changed.Revision++
	page.Update(&changed)
	page.list.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	want := []record.Difference{
		{Field: "encrypt", Before: "yes", After: "no"},
		{Field: "joined", Before: text.Time(time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)), After: text.Time(time.Date(2026, 6, 3, 11, 0, 0, 0, time.UTC))}, {Field: "source", Before: "10.0.0.1, 10.0.0.2", After: "10.0.0.1"},
		{Field: "throttle, never throttle restores", Before: record.Nothing, After: "yes"}, {Field: "throttle, value", Before: record.Nothing, After: "100"},
	}
	if got := page.changes.Rows(); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if words := screen.Text(page.details); !strings.Contains(words, "rule edited: Branch uplink") || !strings.Contains(words, "by uid 0 (root)") {
		t.Errorf("the heading is in %q", words)
	}
}

func TestActivityThatCannotBeReadSaysSoAndIsTriedAgain(t *testing.T) {
	s, page, audited, state := onAudit(t, 3)
	audited.broken = errors.New("the broker went away")
	changed := *state
	changed.Revision++
	page.Update(&changed)
	if words := screen.Text(page.content); !strings.Contains(words, "The activity could not be read: the broker went away.") {
		t.Errorf("it says %q", words)
	}
	audited.broken = nil
	screen.Press(t, s.Window, "Try again")
	if words := screen.Text(page.content); strings.Contains(words, "the broker went away") || len(page.list.Table.Rows()) != 3 {
		t.Errorf("it still says %q", words)
	}
}

func TestActivityBeginsWithItsNewestRowAndThenLeavesTheChoiceToItsUser(t *testing.T) {
	s := uitest.NewStage(t)
	s.Put(t, "Nightly", "10.0.0.1", "10.0.0.2", nil)
	activity := New(s.Console).(*view)
	s.Show(t, activity)
	if activity.list.Table.SelectionSize() != 1 {
		t.Error("the activity begins with nothing selected")
	}
	activity.list.Table.Select("")
	activity.list.Restart()
	if activity.list.Table.SelectionSize() != 0 {
		t.Error("the activity selects what its user had left")
	}
}

func TestActivityIsSortedOverAllThatWasRecorded(t *testing.T) {
	_, page, audited, state := onAudit(t, 2*listRead)
	audited.entries[len(audited.entries)-1].Thing = "zzz"
	page.list.Table.Sort("thing", true)
	if first := page.list.Table.Shown()[0]; first.Thing != "zzz" {
		t.Errorf("the first is %q", first.Thing)
	}
	if last := audited.asked[len(audited.asked)-1]; last.Order != engine.AuditByThing || last.Upward {
		t.Errorf("asked for %+v", last)
	}
	audited.add("rule.edit", "zz")
	audited.add("rule.edit", "aa")
	changed := *state
	changed.Revision++
	page.Update(&changed)
	if rows := page.list.Table.Shown(); rows[1].Thing != "zz" || len(rows) != listRead+1 {
		t.Errorf("%d rows, the second of %q", len(rows), rows[1].Thing)
	}
	for range 4 {
		page.list.Table.Select(string(page.list.Table.Rows()[len(page.list.Table.Rows())-1].ID))
	}
	if rows := page.list.Table.Rows(); len(rows) != 2*listRead+2 || rows[len(rows)-1].Thing != "aa" {
		t.Errorf("%d rows in the end", len(rows))
	}
}
