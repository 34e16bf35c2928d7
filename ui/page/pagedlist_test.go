package page

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/uitest/screen"
)

// entry is what the lists of these tests hold: the number says when it was recorded, the name is in no order.
type entry struct {
	number int
	name   string
}

func (e *entry) id() engine.ID { return engine.ID(fmt.Sprintf("%05d", e.number)) }

// records is a record that answers as a store does, when the test lets it.
type records struct {
	entries []entry
	filter  string
	problem string // why the list cannot be asked for
	broken  error
	asked   []Part
	waiting []func() // answers that are under way, where held
	held    bool
	list    *PagedList[entry]
}

func compareEntries(part *Part, a, b *entry) int {
	order := cmp.Compare(a.number, b.number)
	if part.Column == "name" {
		order = cmp.Or(strings.Compare(a.name, b.name), order)
	}
	if part.Upward {
		return order
	}
	return -order
}

// read gives a part of what has the filter in its name.
func (r *records) read(filter string) func(context.Context, Part) ([]entry, error) {
	return func(_ context.Context, part Part) ([]entry, error) {
		r.asked = append(r.asked, part)
		if r.broken != nil {
			return nil, r.broken
		}
		all := slices.DeleteFunc(slices.Clone(r.entries), func(e entry) bool { return !strings.Contains(e.name, filter) })
		slices.SortFunc(all, func(a, b entry) int { return compareEntries(&part, &a, &b) })
		if part.Before != "" {
			all = all[1+slices.IndexFunc(all, func(e entry) bool { return e.id() == part.Before }):]
		}
		return all[:min(len(all), part.Limit)], nil
	}
}

func (r *records) add(n int) {
	for range n {
		number := len(r.entries)
		r.entries = append(r.entries, entry{number, fmt.Sprintf("name %03d", number*7919%1000)})
	}
}

// listOf shows a list of n entries in a window.
func listOf(t *testing.T, n int) (*records, *PagedList[entry]) {
	t.Helper()
	window := screen.New(t, kit.Theme{Appearance: kit.Light})
	r := &records{}
	r.add(n)
	console := &Console{Preferences: fyne.CurrentApp().Preferences(), Background: func(work func(context.Context) error, done func(error)) {
		err := work(t.Context())
		if r.held {
			r.waiting = append(r.waiting, func() { done(err) })
			return
		}
		done(err)
	}}
	r.list = NewPagedList(ListConfig[entry]{
		Console: console, Name: "record", One: "entry", Many: "entries", ID: (*entry).id, Sorted: "number", Newest: "number", Empty: widget.NewLabel("nothing"),
		Columns: []grid.Column[*entry]{
			{ID: "number", Title: "Number", Width: firstColumn, Text: func(e *entry) string { return fmt.Sprint(e.number) }, Compare: func(a, b *entry) int { return cmp.Compare(a.number, b.number) }},
			{ID: "name", Title: "Name", Width: 200, Text: func(e *entry) string { return e.name }},
		},
		List: func() (Listing[entry], string) {
			if r.problem != "" {
				return Listing[entry]{}, r.problem
			}
			return Listing[entry]{Read: r.read(r.filter), Compare: compareEntries}, ""
		},
		Selected: func(*entry, bool) {},
	})
	window.SetContent(container.NewBorder(r.list.Failed, r.list.Caption, nil, nil, r.list.Table))
	return r, r.list
}

func (r *records) numbers() (all []int) {
	for _, row := range r.list.Table.Shown() {
		all = append(all, row.number)
	}
	return all
}

// firstInSight is the first number that is drawn below the header; empty where there is none.
func firstInSight[T any](table *grid.Grid[T]) string {
	position := fyne.CurrentApp().Driver().AbsolutePositionForObject
	top, left := position(table).Y+headerHeight, position(table).X+firstColumn
	first, at := "", top+table.Size().Height
	screen.Walk(table, func(o fyne.CanvasObject) {
		text, ok := o.(*canvas.Text)
		if !ok {
			return
		}
		if p := position(text); p.Y >= top && p.Y < at && p.X < left {
			first, at = text.Text, p.Y
		}
	})
	return first
}

const (
	headerHeight = 28 // of a grid
	firstColumn  = 80 // is so wide in these tests
)

func TestAListReadsNothingBeforeItIsShown(t *testing.T) {
	r, list := listOf(t, 10)
	if len(r.asked) != 0 {
		t.Fatalf("asked for %v", r.asked)
	}
	list.Renew()
	if len(r.asked) != 1 || len(list.Table.Rows()) != 10 || list.Caption.Text != "10 entries" {
		t.Errorf("asked for %v; %q", r.asked, list.Caption.Text)
	}
	if row, ok := list.Table.Selected(); !ok || row != list.Table.Shown()[0] {
		t.Error("it does not begin with its first row selected")
	}
}

func TestAListIsReadInPartsAsOneScrolls(t *testing.T) {
	r, list := listOf(t, 2*ListRead+10)
	list.Renew()
	if got := list.Caption.Text; got != "200 entries read so far; scroll down for more" {
		t.Errorf("at first it says %q", got)
	}
	for part := 1; part <= 3; part++ {
		if len(r.asked) != part {
			t.Fatalf("asked %d times, wanted %d", len(r.asked), part)
		}
		if part > 1 && r.asked[part-1].Before != list.Table.Rows()[(part-1)*ListRead-1].id() {
			t.Errorf("part %d comes after %s", part, r.asked[part-1].Before)
		}
		list.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	}
	list.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	if len(r.asked) != 3 || list.Caption.Text != "410 entries" {
		t.Errorf("in the end: asked %d times, %q", len(r.asked), list.Caption.Text)
	}
	numbers := r.numbers()
	if !slices.IsSortedFunc(numbers, func(a, b int) int { return b - a }) || len(slices.Compact(numbers)) != 410 {
		t.Errorf("the rows are %v", numbers)
	}
}

func TestAListIsReadInTheOrderOfItsTable(t *testing.T) {
	r, list := listOf(t, ListRead+50)
	list.Renew()
	list.Table.Sort("name", false)
	if part := r.asked[len(r.asked)-1]; part.Column != "name" || !part.Upward || part.Before != "" {
		t.Errorf("asked for %+v", part)
	}
	if rows := list.Table.Shown(); !slices.IsSortedFunc(rows, func(a, b *entry) int { return strings.Compare(a.name, b.name) }) {
		t.Error("the rows have another order")
	}
}

// TestAnotherListIsShownFromItsFirstRow: where one had scrolled to in the list before says nothing any more.
func TestAnotherListIsShownFromItsFirstRow(t *testing.T) {
	for name, other := range map[string]func(*records, *PagedList[entry]){
		"a filter":      func(r *records, l *PagedList[entry]) { r.filter = "1"; l.Typed() },
		"another order": func(_ *records, l *PagedList[entry]) { l.Table.Sort("name", true) },
		"asked again":   func(_ *records, l *PagedList[entry]) { l.Restart() },
	} {
		t.Run(name, func(t *testing.T) {
			r, list := listOf(t, 3*ListRead)
			list.Renew()
			list.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
			list.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
			if firstInSight(list.Table) == fmt.Sprint(list.Table.Shown()[0].number) {
				t.Fatal("nothing was scrolled")
			}
			other(r, list)
			if got, want := firstInSight(list.Table), fmt.Sprint(list.Table.Shown()[0].number); got != want {
				t.Errorf("it begins with %s, wanted %s", got, want)
			}
		})
	}
}

func TestWhatIsNewIsInsertedWhereOneReads(t *testing.T) {
	r, list := listOf(t, ListRead+50)
	list.Renew()
	list.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	chosen, _ := list.Table.Selected()
	for _, step := range []struct {
		what  string
		more  int
		rows  int
		asked int
	}{
		{"nothing", 0, ListRead + 50, 1},
		{"a few", 3, ListRead + 53, 1},
		{"more than a part holds", ListRead + 1, 2 * ListRead, 3}, // read from the first row on, as far as one had scrolled
	} {
		r.add(step.more)
		before := len(r.asked)
		list.Renew()
		if rows := list.Table.Rows(); len(rows) != step.rows || rows[0].number != len(r.entries)-1 || len(r.asked)-before != step.asked {
			t.Errorf("%s: %d rows, the first %d of %d, asked %d times", step.what, len(rows), rows[0].number, len(r.entries), len(r.asked)-before)
		}
		if row, ok := list.Table.Selected(); step.more <= ListRead && (!ok || row.number != chosen.number) {
			t.Errorf("%s: the selection is lost", step.what)
		}
	}
}

// TestWhatIsNewBelowTheLastRowIsLeftForScrolling, or it would stand there twice.
func TestWhatIsNewBelowTheLastRowIsLeftForScrolling(t *testing.T) {
	r, list := listOf(t, ListRead+50)
	list.Renew()
	list.Table.Sort("name", false)
	r.entries = append(r.entries, entry{len(r.entries), "zzz"}, entry{len(r.entries) + 1, "aaa"})
	list.Renew()
	if rows := list.Table.Rows(); len(rows) != ListRead+1 || rows[0].name != "aaa" {
		t.Fatalf("%d rows, the first %q", len(rows), rows[0].name)
	}
	for range 3 {
		list.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	}
	if rows := list.Table.Rows(); len(rows) != len(r.entries) || rows[len(rows)-1].name != "zzz" {
		t.Errorf("in the end %d rows of %d", len(rows), len(r.entries))
	}
}

func TestAnAnswerToAnOlderListIsDropped(t *testing.T) {
	r, list := listOf(t, 50)
	r.held = true
	list.Restart()
	if list.Caption.Text != "0 entries, reading…" {
		t.Errorf("meanwhile it says %q", list.Caption.Text)
	}
	r.filter = "name 1"
	list.Restart()
	list.Renew() // is done after what is being read
	for len(r.waiting) > 0 {
		answer := r.waiting[len(r.waiting)-1] // the newest first
		r.waiting = r.waiting[:len(r.waiting)-1]
		r.held = false
		answer()
	}
	for _, row := range list.Table.Rows() {
		if !strings.Contains(row.name, r.filter) {
			t.Fatalf("%q is shown", row.name)
		}
	}
	if len(list.Table.Rows()) == 0 || len(r.asked) != 3 {
		t.Errorf("%d rows, asked %d times", len(list.Table.Rows()), len(r.asked))
	}
}

func TestAListThatCannotBeReadSaysSoAndIsTriedAgain(t *testing.T) {
	r, list := listOf(t, 20)
	failed := func() string { return screen.Text(list.Failed) }
	r.broken = errors.New("the disk is full")
	list.Renew()
	list.Table.NearEnd() // a row that scrolls by does not ask again
	if len(r.asked) != 1 || !strings.Contains(failed(), "The record could not be read: the disk is full.") {
		t.Fatalf("asked %d times; %q", len(r.asked), failed())
	}
	r.broken = nil
	press := func() {
		screen.Walk(list.Failed, func(o fyne.CanvasObject) {
			if button, ok := o.(*widget.Button); ok {
				button.OnTapped()
			}
		})
	}
	press()
	if failed() != "" || len(list.Table.Rows()) != 20 {
		t.Errorf("tried again: %q, %d rows", failed(), len(list.Table.Rows()))
	}
	r.problem = "From lies after To"
	list.Restart()
	asked := len(r.asked)
	list.Renew()
	list.Table.NearEnd()
	if !strings.Contains(failed(), "From lies after To.") || strings.Contains(failed(), "Try again") || len(list.Table.Rows()) != 0 || len(r.asked) != asked {
		t.Errorf("what cannot be listed: %q, %d rows", failed(), len(list.Table.Rows()))
	}
}

func TestARowThatIsAskedForIsNotReplacedByTheFirst(t *testing.T) {
	r, list := listOf(t, 20)
	list.Renew()
	list.Select(r.entries[4].id())
	list.Renew()
	if row, ok := list.Table.Selected(); !ok || row.number != 4 {
		t.Errorf("%v, %v", row, ok)
	}
	r, list = listOf(t, 20)
	list.Select(r.entries[4].id()) // what it is shown by is not read yet
	list.Renew()
	if row, ok := list.Table.Selected(); ok {
		t.Errorf("%v is selected", row)
	}
}
