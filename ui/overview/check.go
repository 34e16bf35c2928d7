package overview

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// newCheckButton is the button that has the whole checked.
func (p *view) newCheckButton() *widget.Button {
	button := widget.NewButtonWithIcon("Check", theme.SearchIcon(), p.check)
	button.Importance = widget.LowImportance
	return button
}

// check asks the broker, and shows all findings: those of the overview, and what is only worth a look.
func (p *view) check() {
	if p.state == nil || p.checkButton.Disabled() {
		return
	}
	p.checkButton.SetText("Checking …")
	p.checkButton.Disable()
	kit.Fetch(p.console.Background, func(ctx context.Context) (engine.Checked, error) {
		return p.console.Admin.Check(ctx, engine.CheckQuestion{Backends: true})
	}, func(checked engine.Checked, err error) {
		p.checkButton.SetText("Check")
		p.checkButton.Enable()
		if err != nil {
			kit.ShowError(p.console.Window, "The check could not be made", err)
			return
		}
		findings := p.state.FindingsWith(&checked)
		engine.BySeverity(findings)
		showChecked(p.console, findings, p.check)
	})
}

// checkedList is the list of a check in its dialog.
type checkedList struct {
	console *page.Console
	dialog  *kit.Modal
	groups  []engine.FindingGroup
	opened  map[string]bool // the groups whose findings are listed
	rows    *fyne.Container
}

// checkSize is that of the dialog where the window is large enough.
var checkSize = fyne.NewSize(820, 520)

func showChecked(console *page.Console, findings []engine.Finding, again func()) {
	l := &checkedList{console: console, groups: engine.GroupFindings(findings), opened: map[string]bool{}, rows: container.NewVBox()}
	l.fill()
	words := engine.CountSeverities(findings) + "."
	if len(findings) == 0 {
		words = "Nothing was found: rules, routes, certificates, clocks and the broker's disk are as they should be."
	}
	size := console.Window.Canvas().Size()
	l.dialog = kit.ShowModal(console.Window, "Check of the whole", kit.Border(kit.Wrapped(words), nil, nil, nil, container.NewVScroll(besideBar(l.rows))),
		fyne.NewSize(min(checkSize.Width, size.Width-80), min(checkSize.Height, size.Height-80)), nil,
		kit.Choice{Text: "Check again", Run: again},
		kit.Choice{Text: "Close", Importance: widget.HighImportance, Enter: true})
}

// checkTitles are the headings of the severities.
var checkTitles = map[engine.Severity]string{engine.Critical: "Critical", engine.Warning: "Warnings", engine.Advice: "Advice"}

// fill makes the rows: a heading for each severity, and a row for each finding or for many that are alike.
func (l *checkedList) fill() {
	l.rows.Objects = nil
	var shown engine.Severity
	for i := range l.groups {
		group := &l.groups[i]
		if severity := group.Findings[0].Severity; severity != shown {
			shown = severity
			l.rows.Add(kit.BoldLabel(checkTitles[severity]))
		}
		if len(group.Findings) == 1 {
			l.rows.Add(l.row(&group.Findings[0], true))
			continue
		}
		l.rows.Add(l.groupRow(group))
		if !l.opened[groupName(group)] {
			continue
		}
		for j := range group.Findings[:min(len(group.Findings), maximumAlike)] {
			l.rows.Add(indented(l.row(&group.Findings[j], false)))
		}
		if more := len(group.Findings) - maximumAlike; more > 0 {
			l.rows.Add(indented(widget.NewLabel(fmt.Sprintf("… and %s more; lockwired check --all lists them.", text.Number(more)))))
		}
	}
	l.rows.Refresh()
}

func indented(row fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(0, 0, indentOfAlike, 0), row)
}

// besideBar keeps the buttons of rows away from the scroll bar.
func besideBar(rows fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(0, 0, 0, 12), rows)
}

// groupName tells groups apart: one kind can have two severities.
func groupName(group *engine.FindingGroup) string {
	return string(group.Findings[0].Severity) + " " + string(group.Kind)
}

// noticeOf says a finding, or many, in its colour, with what it means and what to do.
func noticeOf(f *engine.Finding, words string, explains bool) *kit.Notice {
	icon, color := page.NeedMark(model.NeedKindOf(f))
	if f.Severity == engine.Advice {
		icon, color = theme.InfoIcon(), theme.ColorNamePrimary
	}
	notice := kit.NewNotice(icon, color, words)
	if explains {
		notice.Below = kit.Muted(f.Means() + " " + f.Fix())
	}
	return notice
}

// row is one finding, with a button that closes the dialog and leads to where it is mended.
func (l *checkedList) row(f *engine.Finding, explains bool) fyne.CanvasObject {
	open := kit.NewIconButton(theme.NavigateNextIcon(), "Go there", func() {
		l.dialog.Hide()
		l.console.Go(model.PlaceOf(f))
	})
	open.About, open.Importance = f.Text, widget.LowImportance
	return kit.Border(nil, nil, nil, container.NewCenter(open), noticeOf(f, f.Text, explains))
}

// groupRow is many findings that are alike, with a button that lists them.
func (l *checkedList) groupRow(group *engine.FindingGroup) fyne.CanvasObject {
	name, title := groupName(group), "Show"
	if l.opened[name] {
		title = "Hide"
	}
	show := widget.NewButton(title, func() {
		l.opened[name] = !l.opened[name]
		l.fill()
	})
	show.Importance = widget.LowImportance
	return kit.Border(nil, nil, nil, container.NewCenter(show), noticeOf(&group.Findings[0], group.Text, true))
}
