package settings

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
)

// otherBroker is the dialog that opens a window on another broker.
type otherBroker struct {
	console *page.Console
	dialog  *kit.FormDialog
	token   *widget.Entry
	attach  *widget.Button
	problem *kit.Notice
}

func showOtherBroker(c *page.Console) *otherBroker {
	o := &otherBroker{console: c}
	o.attach = widget.NewButton("Attach", o.enrol)
	o.attach.Importance = widget.HighImportance
	o.token = kit.NewTokenEntry(o.attach)
	o.dialog = kit.ShowForm(c.Window, "Open another broker", fyne.NewSize(560, 420), func() { o.token.SetText("") })
	o.problem = kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "")
	o.problem.Hide()
	rows := container.NewVBox(kit.Wrapped("It opens in a window of its own; this one stays as it is."))
	known, err := c.OtherBrokers.Known()
	if err != nil {
		o.fail("The enrolments of this user could not be read: " + err.Error())
	}
	if len(known) > 0 {
		rows.Add(kit.BoldLabel("You are an administrator of"))
	}
	for _, broker := range known {
		rows.Add(kit.Border(nil, nil, nil, widget.NewButton("Open", func() { o.open(broker.Installation) }), widget.NewLabel(broker.Address+", as "+broker.Name)))
	}
	rows.Add(kit.BoldLabel("Attach with a token"))
	rows.Add(kit.Wrapped("Somebody who administers that broker makes it, under Settings or with: lockwired administrators token NAME --role change. It is good once and for 15 minutes."))
	rows.Add(o.token)
	rows.Add(o.problem)
	o.dialog.Set(rows, widget.NewButton("Close", o.dialog.Close), o.attach)
	return o
}

// enrol uses the token, and forgets it.
func (o *otherBroker) enrol() {
	token := o.token.Text
	o.token.SetText("")
	o.problem.Hide()
	kit.Fetch(o.console.Background, func(ctx context.Context) (engine.ID, error) { return o.console.OtherBrokers.Enrol(ctx, token) }, func(installation engine.ID, err error) {
		switch {
		case err != nil:
			o.fail("The broker did not let this user in: " + err.Error())
		case !o.dialog.Done:
			o.open(installation)
		}
	})
}

func (o *otherBroker) open(installation engine.ID) {
	if err := o.console.OtherBrokers.Open(installation); err != nil {
		o.fail("No window could be opened: " + err.Error())
		return
	}
	o.dialog.Close()
}

func (o *otherBroker) fail(text string) {
	o.problem.SetText(text)
	o.problem.Show()
}
