package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/grid"
)

// mostReasons is how many reasons are shown at once; typing finds the others.
const mostReasons = 200

// fewReasons is how many are shown without being asked for.
const fewReasons = 3

// whyNotList says of each rule that did not decide why. Where it is long, it is folded until someone asks, and
// filtered while one types.
type whyNotList struct {
	content fyne.CanvasObject
	why     *engine.WhyNot
	filter  *widget.Entry
	rows    *fyne.Container
	reasons []fyne.CanvasObject // by the place in why; made when they are first shown
	rest    *widget.Label
}

func newWhyNotList(why *engine.WhyNot) *whyNotList {
	l := &whyNotList{why: why, filter: widget.NewEntry(), rows: dense(nil), rest: muted(""), reasons: make([]fyne.CanvasObject, len(why.Rules))}
	l.filter.SetPlaceHolder("filter by rule or reason")
	l.filter.OnChanged = func(string) { l.show() }
	body := container.NewVBox(l.rows, l.rest)
	if len(why.Rules) > 1 {
		body.Objects = append([]fyne.CanvasObject{container.New(fixedWidth(400), l.filter)}, body.Objects...)
	}
	fold := widget.NewAccordion(widget.NewAccordionItem(whyNotTitle(why), body))
	if count := len(why.Rules); count > 0 && count <= fewReasons {
		fold.Open(0)
	}
	l.content = fold
	l.show()
	return l
}

// whyNotTitle says how many rules did not decide.
func whyNotTitle(why *engine.WhyNot) string {
	parts := []string{"every rule that is on decided"}
	if count := len(why.Rules); count > 0 {
		parts[0] = counted(count, "rule", "rules") + " did not decide"
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
		if passed++; passed > mostReasons {
			continue
		}
		if l.reasons[i] == nil {
			l.reasons[i] = reasonRow(verdict)
		}
		l.rows.Objects = append(l.rows.Objects, l.reasons[i])
	}
	switch {
	case passed > mostReasons:
		l.rest.SetText(fmt.Sprintf("%d more; type to find one.", passed-mostReasons))
	case passed == 0 && len(l.why.Rules) > 0:
		l.rest.SetText("No reason has these words.")
	case len(l.why.Rules) == 0:
		l.rest.SetText("There is no other rule that is on.")
	}
	present(l.rest, passed > mostReasons || passed == 0)
	l.rows.Refresh()
}

// reasonRow has the name of a rule above why it did not decide.
func reasonRow(verdict *engine.Verdict) fyne.CanvasObject {
	name := boldLabel(verdict.Rule)
	name.Truncation = fyne.TextTruncateEllipsis
	lost := widget.NewLabel(string(verdict.Lost))
	lost.Importance = widget.LowImportance
	lost.Truncation = fyne.TextTruncateEllipsis
	text := wrapped(verdict.Text)
	left := container.New(fixedWidth(220), container.New(layout.NewCustomPaddedVBoxLayout(-14), name, lost))
	return border(nil, nil, left, nil, text)
}
