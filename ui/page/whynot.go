package page

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// moreReasons is the number of reasons shown at first and added by each click: laying out more is slower than typing.
const moreReasons = 50

// fewReasons is how many are shown without being asked for.
const fewReasons = 3

// whyNotList gives the reason of each rule that did not decide. A long list is folded at first, and can be filtered.
type whyNotList struct {
	content fyne.CanvasObject
	why     *engine.WhyNot
	title   *widget.Button
	body    *fyne.Container
	filter  *widget.Entry
	rows    *fyne.Container
	reasons []fyne.CanvasObject // by their index in why; made when they are first shown
	rest    *widget.Label
	more    *widget.Button
	most    int // so many are shown
}

func newWhyNotList(why *engine.WhyNot) *whyNotList {
	l := &whyNotList{why: why, rows: kit.Dense(nil), rest: kit.Muted(""), reasons: make([]fyne.CanvasObject, len(why.Rules))}
	l.filter = kit.NewFilter(func(string) {
		l.most = moreReasons
		l.show()
		kit.Reveal(l.filter)
	})
	l.most = moreReasons
	l.more = widget.NewButton("", func() {
		l.most += moreReasons
		l.show()
	})
	l.body = container.NewVBox(l.rows, l.rest, container.NewHBox(l.more))
	if len(why.Rules) > fewReasons {
		l.body.Objects = append([]fyne.CanvasObject{container.New(kit.FixedWidth(kit.FilterWidth), l.filter)}, l.body.Objects...)
	}
	l.body.Hide()
	l.title = widget.NewButtonWithIcon(whyNotTitle(why), theme.MenuExpandIcon(), l.fold)
	l.title.Alignment, l.title.Importance = widget.ButtonAlignLeading, widget.LowImportance
	l.content = container.New(layout.NewCustomPaddedLayout(6, 0, 0, 0), container.NewVBox(l.title, l.body))
	if count := len(why.Rules); count > 0 && count <= fewReasons {
		l.fold()
	}
	return l
}

// fold unfolds the list, or folds it again.
func (l *whyNotList) fold() {
	if l.body.Visible() {
		l.body.Hide()
		l.title.SetIcon(theme.MenuExpandIcon())
		return
	}
	l.show()
	l.body.Show()
	l.title.SetIcon(theme.MenuDropDownIcon())
}

// whyNotTitle says how many rules did not decide.
func whyNotTitle(why *engine.WhyNot) string {
	parts := []string{"every rule that is on decided"}
	if count := len(why.Rules); count > 0 {
		parts[0] = text.Count(count, "rule", "rules") + " did not decide"
	}
	if why.Off > 0 {
		parts = append(parts, fmt.Sprintf("%d more off", why.Off))
	}
	return "Why not?  " + strings.Join(parts, ", ")
}

// show shows the reasons that have all the words of the filter.
func (l *whyNotList) show() {
	words := grid.ParseWords(l.filter.Text)
	l.rows.Objects = l.rows.Objects[:0]
	passed := 0
	for i := range l.why.Rules {
		verdict := &l.why.Rules[i]
		if !words.In(verdict.Rule + " " + string(verdict.Lost) + " " + verdict.Text) {
			continue
		}
		if passed++; passed > l.most {
			continue
		}
		if l.reasons[i] == nil {
			l.reasons[i] = reasonRow(verdict)
		}
		l.rows.Objects = append(l.rows.Objects, l.reasons[i])
	}
	l.more.SetText(fmt.Sprintf("Show more of the other %d", passed-l.most))
	kit.Present(l.more, passed > l.most)
	l.rest.SetText("No reason matches these words.")
	if len(l.why.Rules) == 0 {
		l.rest.SetText("No other rule is turned on.")
	}
	kit.Present(l.rest, passed == 0)
	l.rows.Refresh()
}

// reasonRow has the name of a rule above why it did not decide.
func reasonRow(verdict *engine.Verdict) fyne.CanvasObject {
	name := kit.BoldLabel(verdict.Rule)
	name.Truncation = fyne.TextTruncateEllipsis
	lost := widget.NewLabel(string(verdict.Lost))
	lost.Importance = widget.LowImportance
	lost.Truncation = fyne.TextTruncateEllipsis
	text := kit.Wrapped(verdict.Text)
	left := container.New(kit.FixedWidth(220), container.New(layout.NewCustomPaddedVBoxLayout(-14), name, lost))
	return kit.Border(nil, nil, left, nil, text)
}
