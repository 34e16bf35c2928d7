package page

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// ListRead is how many rows of a list are read at a time.
const ListRead = 200

// Part is what is read of a list at once.
type Part struct {
	Column string // by which the list is sorted; empty where by none
	Upward bool
	Before engine.ID // the row that the part comes after; empty for the first part
	Limit  int
}

// Listing is a list narrowed by what the user chose. It is immutable.
type Listing[R any] struct {
	Read    func(context.Context, Part) ([]R, error)
	Compare func(part *Part, a, b *R) int
}

// ListConfig is what differs between paged lists.
type ListConfig[R any] struct {
	Console   *Console
	Name      string // the list's name in preferences, and in the notice that it could not be read
	One, Many string // words for its rows
	ID        func(*R) engine.ID
	Columns   []grid.Column[*R]
	Sorted    string // the column by which it is sorted at first, downward
	Newest    string // the column that has the newest row first, downward
	Empty     fyne.CanvasObject
	// List gives the list that the user chose, or why it cannot be listed: a sentence without its full stop.
	List func() (list Listing[R], problem string)
	// Selected is called when the selection changes, as grid.Grid's OnSelected is.
	Selected func(row *R, ok bool)
}

// PagedList is a table of what is recorded. It reads its rows in parts, as one scrolls, in the order of the table.
type PagedList[R any] struct {
	Table   *grid.Grid[*R]
	Caption *widget.Label   // says how much was read
	Failed  *fyne.Container // holds a notice where reading failed
	config  ListConfig[R]

	list     Listing[R]
	part     Part // the next one
	newest   *R   // of all that was read, by the column Newest
	begun    bool
	reading  bool
	again    bool // something was recorded while a part was read
	all      bool // everything of the list is read
	fromTop  bool // the table scrolls to the top with the first part
	selected bool // a row was selected, so that the page does not begin with an empty half
	turn     int  // the number of the newest listing: parts of an older one are dropped
	cancel   func()
}

// NewPagedList makes a list that reads nothing before the first Renew or Restart.
func NewPagedList[R any](config ListConfig[R]) *PagedList[R] {
	l := &PagedList[R]{config: config, Caption: kit.TableCaption(), Failed: container.NewStack(), cancel: func() {}}
	l.Table = grid.New(func(r *R) string { return string(config.ID(r)) }, config.Columns...)
	l.Table.Sort(config.Sorted, true)
	l.Table.Remember(config.Console.Preferences, config.Name)
	l.Table.OnOrder = l.Restart
	l.Table.SetEmpty(config.Empty)
	l.Table.NearEnd = func() { l.next(0) }
	l.Table.OnSelected = func(row *R, ok bool) {
		l.updateCaption()
		config.Selected(row, ok)
	}
	return l
}

// Restart reads from the first row on, and shows it.
func (l *PagedList[R]) Restart() {
	l.fromTop = true
	l.begin(0)
}

// Typed does so once typing has paused.
func (l *PagedList[R]) Typed() {
	l.fromTop = true
	l.begin(l.config.Console.TypingPause)
}

func (l *PagedList[R]) begin(typing time.Duration) {
	l.cancel()
	l.begun, l.all, l.reading, l.again = true, false, false, false
	l.turn++
	l.part = Part{Limit: ListRead}
	if column, downward := l.Table.Order(); column != "" {
		l.part.Column, l.part.Upward = column, !downward
	}
	l.fail("", nil)
	list, problem := l.config.List()
	if l.list = list; problem != "" {
		l.all = true
		l.fail(problem, nil)
		l.Table.SetRows(nil)
	}
	l.next(typing)
	l.updateCaption()
}

// next reads the next part.
func (l *PagedList[R]) next(typing time.Duration) {
	if l.reading || l.all || !l.begun {
		return
	}
	l.read(l.part, typing, func(rows []*R) {
		l.all = len(rows) < l.part.Limit
		first := l.part.Before == ""
		if len(rows) > 0 {
			l.part.Before = l.config.ID(rows[len(rows)-1])
			if first && l.part.Column == l.config.Newest && !l.part.Upward {
				l.newest = rows[0]
			}
		}
		if first {
			if l.fromTop {
				l.fromTop = false
				l.reading = true // scrolling the rows of the list before asks for no more
				l.Table.ScrollToTop()
				l.reading = false
			}
			l.Table.SetRows(rows) // only now, so that what is selected stays so where it is among them
			l.selected = l.selected || l.Table.SelectFirst()
		} else {
			l.Table.Append(rows)
		}
	})
}

// Renew reads what was recorded since the last call and inserts it in the table's order. A row that belongs below the last row is
// left for scrolling. If more was recorded than one part holds, it reads from the first row on.
func (l *PagedList[R]) Renew() {
	if !l.begun {
		l.Restart()
		return
	}
	if l.list.Read == nil {
		return // what the user chose cannot be listed
	}
	if l.reading {
		l.again = true
		return
	}
	part := Part{Column: l.config.Newest, Limit: ListRead}
	l.read(part, 0, func(rows []*R) {
		before := l.newest
		if len(rows) > 0 {
			l.newest = rows[0]
		}
		if before != nil && len(rows) == part.Limit && l.list.Compare(&part, rows[len(rows)-1], before) < 0 {
			l.begin(0)
			return
		}
		known := l.Table.Rows()
		have := make(map[engine.ID]bool, len(known))
		for _, row := range known {
			have[l.config.ID(row)] = true
		}
		fresh := slices.DeleteFunc(rows, func(row *R) bool {
			return have[l.config.ID(row)] || !l.all && (len(known) == 0 || l.list.Compare(&l.part, row, known[len(known)-1]) > 0)
		})
		if len(fresh) == 0 {
			return
		}
		rows = append(fresh, known...)
		slices.SortStableFunc(rows, func(a, b *R) int { return l.list.Compare(&l.part, a, b) })
		l.Table.SetRowsInPlace(rows)
	})
}

// read reads a part and passes it to take, unless another listing has begun meanwhile.
func (l *PagedList[R]) read(part Part, typing time.Duration, take func([]*R)) {
	l.reading = true
	turn, list := l.turn, l.list
	l.cancel = kit.FetchCancellable(l.config.Console.Background, func(ctx context.Context) ([]R, error) {
		if err := engine.Pause(ctx, typing); err != nil {
			return nil, err
		}
		return list.Read(ctx, part)
	}, func(rows []R, err error) {
		if turn != l.turn {
			return
		}
		l.reading = false
		if err != nil {
			l.all = true // asked again by a person, not by each row that scrolls by
			if l.part.Before == "" {
				l.Table.SetRows(nil) // what was shown is not what was asked for
			}
			l.fail("The "+l.config.Name+" could not be read: "+text.FieldError(err).Error(), l.retry)
		} else {
			l.fail("", nil)
			take(pointers(rows))
		}
		l.updateCaption()
		if l.again && !l.reading {
			l.again = false
			l.Renew()
		}
	})
}

// retry continues after a failure.
func (l *PagedList[R]) retry() {
	if l.all = false; len(l.Table.Rows()) == 0 {
		l.Restart()
	} else {
		l.Renew()
	}
}

// fail shows what went wrong, with a button that tries again where that helps; an empty text takes it away.
func (l *PagedList[R]) fail(words string, again func()) {
	if words == "" && len(l.Failed.Objects) == 0 {
		return
	}
	l.Failed.Objects = nil
	if words != "" {
		var button fyne.CanvasObject
		if again != nil {
			button = container.NewCenter(widget.NewButton("Try again", again))
		}
		l.Failed.Objects = []fyne.CanvasObject{kit.Border(nil, nil, nil, button, kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, words+"."))}
	}
	l.Failed.Refresh()
}

// updateCaption says how much was read.
func (l *PagedList[R]) updateCaption() {
	words := text.Count(len(l.Table.Rows()), l.config.One, l.config.Many)
	switch {
	case l.reading:
		words += ", reading…"
	case !l.all:
		words += " read so far; scroll down for more"
	}
	kit.SetLabel(l.Caption, words+text.Selected(l.Table.SelectionSize()))
}

// Select selects a row by its id. If the row is not read yet none is selected, not even the first row later.
func (l *PagedList[R]) Select(id engine.ID) {
	l.selected = true
	l.Table.Select(string(id))
}

func pointers[T any](values []T) []*T {
	all := make([]*T, len(values))
	for i := range values {
		all[i] = &values[i]
	}
	return all
}
