package activity

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"lockwire/engine"
	"lockwire/engine/record"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// imported is a stage on which three rules were imported as one change, after a rule was added by itself.
func imported(t *testing.T) (*uitest.Stage, *view) {
	t.Helper()
	s := uitest.NewStage(t)
	s.Link(t)
	s.Put(t, "Alone", "192.0.2.0/24", "any", nil)
	edits := &engine.RuleEdits{}
	for _, name := range []string{"A", "B", "C"} {
		edits.Put = append(edits.Put, engine.Rule{Name: name, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any}, Comment: "of " + name})
	}
	if _, err := engine.ApplyShown(t.Context(), s.Local, engine.Change{EditRules: edits}, false, func(engine.Effect) {}); err != nil {
		t.Fatal(err)
	}
	page := New(s.Console).(*view)
	s.Show(t, page)
	return s, page
}

func TestAnImportIsOneLineThatShowsAllItChanged(t *testing.T) {
	s, p := imported(t)
	rows := p.list.Table.Shown()
	if len(rows) != 2 {
		t.Fatalf("%d lines", len(rows))
	}
	screen.MustContain(t, screen.Text(p.list.Table), "3 rules added", "C and 2 more")
	p.list.Table.Select(string(rows[0].ID))
	screen.MustContain(t, screen.Text(p.details), "3 rules added", "A: comment", "of A", "B: comment")
	found := false
	for _, d := range p.changes.Rows() {
		found = found || d.Field == "C: comment" && d.After == "of C"
	}
	if !found {
		t.Errorf("the details have no line of the last rule among %d", len(p.changes.Rows()))
	}
	// What is looked for stands by itself, and the undo takes all of the change back.
	p.filter.SetText("rule added B")
	if rows := p.list.Table.Shown(); len(rows) != 1 || rows[0].Thing != "B" {
		t.Errorf("found %d lines", len(rows))
	}
	p.filter.SetText("")
	p.list.Table.Select(string(p.list.Table.Shown()[0].ID))
	p.undo.OnTapped()
	if names := s.Enabled(t, "ABC"); names != "---" {
		t.Errorf("after the undo there are %s; it asks %q", names, uitest.Top(s))
	}
}

func TestActivityIsLimitedToDaysByTheEngine(t *testing.T) {
	_, p, audited, _ := onAudit(t, 3)
	p.days.Now = func() time.Time { return time.Date(2026, 6, 10, 12, 0, 0, 0, time.Local) }
	last := func() engine.AuditQuery { return audited.asked[len(audited.asked)-1] }
	day := func(d int) time.Time { return time.Date(2026, 6, d, 0, 0, 0, 0, time.Local) }
	if q := last(); !q.From.IsZero() || !q.Until.IsZero() || !q.Grouped {
		t.Errorf("at first it asks for %+v", q)
	}
	for span, from := range map[string]time.Time{page.SpanToday: day(10), page.SpanWeek: day(4), page.SpanMonth: day(10).AddDate(0, 0, -29)} {
		if p.days.Span.SetSelected(span); !last().From.Equal(from) || !last().Until.IsZero() {
			t.Errorf("%s asks for %+v", span, last())
		}
	}
	p.days.Span.SetSelected(page.SpanChosen)
	if !p.days.Dates.Visible() {
		t.Error("there is nowhere to say the days")
	}
	from, until := day(2), day(3)
	p.days.From.SetDate(&from)
	p.days.Until.SetDate(&until)
	if q := last(); !q.From.Equal(day(2)) || !q.Until.Equal(day(4)) {
		t.Errorf("from %v until %v", q.From, q.Until)
	}
	asked := len(audited.asked)
	before := day(1)
	p.days.Until.SetDate(&before)
	screen.MustContain(t, screen.Text(p.content), "No activity is listed: the first day is after the last one.")
	if len(audited.asked) != asked {
		t.Error("it asks all the same")
	}
}

func TestADetailSaysThatALongChangeMayNotBeShownWhole(t *testing.T) {
	_, p := imported(t)
	says := func(entries int) bool {
		p.tell(make([]engine.AuditEntry, entries))
		return slices.ContainsFunc(p.changes.Rows(), func(d record.Difference) bool { return strings.Contains(d.After, "newest 1,000 entries") })
	}
	if says(unfolded-1) || !says(unfolded) {
		t.Error("it says so of a shorter one, or not of a long one")
	}
}

// TestNewEntriesComeInWithoutMovingWhatIsRead follows the activity at its top, and further down.
func TestNewEntriesComeInWithoutMovingWhatIsRead(t *testing.T) {
	s, p, audited, state := onAudit(t, 100)
	s.Window.Resize(fyne.NewSize(1000, 700))
	table := p.list.Table
	update := func() {
		changed := *state
		state = &changed
		state.Revision++
		p.Update(state)
	}
	inSight := func(thing string) bool { return strings.Contains(screen.Text(table)+"\n", thing+"\n") }
	audited.add("rule.edit", "newest")
	update()
	if !inSight("newest") || !inSight("Rule 99") {
		t.Fatal("at the top a new entry does not come into sight")
	}
	for range 30 {
		table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	chosen, _ := table.Selected()
	height := func() (y float32) {
		screen.Walk(table, func(o fyne.CanvasObject) {
			if text, ok := o.(*canvas.Text); ok && text.Text == chosen.Thing {
				y = fyne.CurrentApp().Driver().AbsolutePositionForObject(text).Y
			}
		})
		return y
	}
	before := height()
	for i := range 7 {
		audited.add("rule.edit", fmt.Sprintf("further %d", i))
		update()
	}
	if inSight("further 6") || before == 0 || height() != before {
		t.Errorf("what is read moved from %v to %v", before, height())
	}
	table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	if !inSight("further 6") {
		t.Error("they are not there either")
	}
}

// TestIDsInEntriesAreNames shows a change of a route, whose entry has ids of components and of a service. The names come after the
// entry where the window has just been opened.
func TestIDsInEntriesAreNames(t *testing.T) {
	s, _, state := uitest.Linked(t)
	route := state.Routes[0].Route
	route.Sources, route.SourceTag = nil, "branch"
	if _, err := engine.ApplyShown(t.Context(), s.Local, engine.Change{PutRoute: &engine.RouteEdit{Route: route}}, false, func(engine.Effect) {}); err != nil {
		t.Fatal(err)
	}
	p := New(s.Console).(*view)
	s.Window.SetContent(p.Content())
	full := uitest.FullState(t, s)
	early := *full
	early.Components = nil
	p.Update(&early)
	p.list.Table.Select(string(p.list.Table.Shown()[0].ID))
	source := func() string {
		for _, d := range p.changes.Rows() {
			if d.Field == "sources" {
				return d.Before
			}
		}
		t.Fatalf("no line of the sources in %v", p.changes.Rows())
		return ""
	}
	if before := source(); engine.ID(before) != state.Routes[0].Sources[0] {
		t.Errorf("the source was %q before its name is known", before)
	}
	p.Update(full)
	if before := source(); before != "fileserver" {
		t.Errorf("the source was %q", before)
	}
}
