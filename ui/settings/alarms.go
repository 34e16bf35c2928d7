package settings

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/text"
)

// alarmsEvery is how often it is asked how the receivers fare.
const alarmsEvery = 10 * time.Second

// alarmsPart shows where alarms go and how the receivers fare.
type alarmsPart struct {
	page     *view
	content  *fyne.Container
	asked    time.Time
	revision uint64
	may      bool
	shown    *engine.Alarms // nil before the broker has answered
}

func newAlarmsPart(p *view) *alarmsPart {
	return &alarmsPart{page: p, content: container.NewVBox(kit.Wrapped("Reading…"))}
}

func (a *alarmsPart) update(state *model.State) {
	if may := state.MayChange(); may != a.may {
		a.may = may
		a.draw()
	}
	if past := state.When.Sub(a.asked); !a.asked.IsZero() && a.revision == state.Revision && past >= 0 && past < alarmsEvery {
		return
	}
	a.asked, a.revision = state.When, state.Revision
	a.ask()
}

func (a *alarmsPart) ask() {
	kit.Fetch(a.page.console.Background, a.page.console.Admin.Alarms, func(alarms engine.Alarms, err error) {
		if err != nil {
			a.shown = nil
			a.content.Objects = []fyne.CanvasObject{kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "The alarms could not be read: "+err.Error()), container.NewHBox(widget.NewButton("Try again", a.ask))}
			a.content.Refresh()
			return
		}
		a.show(alarms)
	})
}

func (a *alarmsPart) show(alarms engine.Alarms) {
	if a.shown == nil || !reflect.DeepEqual(*a.shown, alarms) {
		a.shown = &alarms
		a.draw()
	}
}

// receiverTitles are the receivers as the page names them.
var receiverTitles = map[engine.AlarmReceiver]string{engine.AlarmSyslog: "Syslog", engine.AlarmWebhook: "Webhook"}

func (a *alarmsPart) draw() {
	if a.shown == nil {
		return
	}
	rows := container.NewVBox()
	for _, name := range engine.AlarmReceivers {
		title := kit.BoldLabel(receiverTitles[name])
		where := widget.NewLabel("not set up")
		where.Truncation = fyne.TextTruncateEllipsis
		buttons := container.NewHBox()
		set := a.shown.Settings.Has(name)
		if set {
			where.SetText(a.shown.Settings.Where(name))
		}
		switch {
		case a.may && set:
			buttons.Add(widget.NewButton("Send a test alarm", func() { a.test(name) }))
			buttons.Add(widget.NewButton("Change…", func() { a.edit(name) }))
		case a.may:
			buttons.Add(widget.NewButton("Set up…", func() { a.edit(name) }))
		}
		rows.Add(kit.Border(nil, nil, container.NewGridWrap(fyne.NewSize(100, title.MinSize().Height), title), buttons, where))
		for _, r := range a.shown.Receivers {
			if set && r.Receiver == name {
				rows.Add(standingOf(&r))
			}
		}
	}
	if a.shown.Lost > 0 {
		rows.Add(kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, engine.CountInWords(int(a.shown.Lost), "finding", "findings")+" came faster than the broker could take them, and were not told."))
	}
	if a.may {
		rows.Add(kit.ButtonRow(widget.NewButton("Choose what is told…", a.chooseKinds)))
	}
	rows.Add(layout.NewSpacer())
	a.content.Objects = []fyne.CanvasObject{rows}
	a.content.Refresh()
	a.page.full.Refresh() // what is below makes room
}

// standingOf says how a receiver fares.
func standingOf(r *engine.AlarmReceiverStatus) fyne.CanvasObject {
	words := "Nothing was sent since the broker was started."
	if r.Sent > 0 {
		words = fmt.Sprintf("%s sent since the broker was started, the last one %s.", engine.CountInWords(int(r.Sent), "alarm was", "alarms were"), text.Time(r.LastSent))
	}
	if r.Waiting > 0 {
		words += " " + engine.CountInWords(r.Waiting, "alarm waits.", "alarms wait.")
	}
	if r.Dropped > 0 {
		words += " " + engine.CountInWords(int(r.Dropped), "alarm was given up.", "alarms were given up.")
	}
	if r.Failing.IsZero() {
		return kit.Muted(words)
	}
	return kit.NewNotice(theme.WarningIcon(), kit.ColorRefused, "No alarm gets through since "+text.Time(r.Failing)+": "+r.Problem+". It is tried again. "+words)
}

// test sends a test alarm and says what became of it.
func (a *alarmsPart) test(name engine.AlarmReceiver) {
	c := a.page.console
	kit.Fetch(c.Background, func(ctx context.Context) ([]engine.AlarmTestResult, error) { return c.Admin.TestAlarms(ctx, name) }, func(results []engine.AlarmTestResult, err error) {
		for i := range results {
			if err == nil && results[i].Problem != "" {
				err = fmt.Errorf("%s: %s", receiverTitles[name], results[i].Problem)
			}
		}
		if err != nil {
			kit.ShowError(c.Window, "The test alarm did not go through", err)
			return
		}
		c.Tell("Test alarm sent: " + receiverTitles[name])
		a.ask()
	})
}

func (a *alarmsPart) edit(name engine.AlarmReceiver) {
	switch name {
	case engine.AlarmSyslog:
		showSyslog(a)
	case engine.AlarmWebhook:
		showWebhook(a)
	}
}
