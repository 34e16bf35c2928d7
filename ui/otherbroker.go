package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

// OtherBroker is a broker elsewhere in which this user is enrolled as an administrator.
type OtherBroker struct {
	Installation engine.ID
	Address      string // HOST:PORT
	Name         string // the administrator's, there
}

// OtherBrokers opens windows on brokers elsewhere, beside this one.
type OtherBrokers struct {
	// Known lists those in which this user is enrolled.
	Known func() ([]OtherBroker, error)
	// Enrol makes this user an administrator with a token, and says of which installation.
	Enrol func(ctx context.Context, token string) (engine.ID, error)
	// Open opens a window on the broker of an installation.
	Open func(installation engine.ID) error
}

// otherBroker is the dialog that opens a window on another broker.
type otherBroker struct {
	console *Console
	dialog  *formDialog
	token   *widget.Entry
	attach  *widget.Button
	problem *notice
}

func showOtherBroker(c *Console) *otherBroker {
	o := &otherBroker{console: c}
	o.attach = widget.NewButton("Attach", o.enrol)
	o.attach.Importance = widget.HighImportance
	o.token = newTokenEntry(o.attach)
	o.dialog = showForm(c.Window, "Open another broker", fyne.NewSize(560, 420), func() { o.token.SetText("") })
	o.problem = newNotice(theme.ErrorIcon(), ColorRefused, "")
	o.problem.Hide()
	rows := container.NewVBox(wrapped("It opens in a window of its own; this one stays as it is."))
	known, err := c.OtherBrokers.Known()
	if err != nil {
		o.fail("The enrolments of this user could not be read: " + err.Error())
	}
	if len(known) > 0 {
		rows.Add(boldLabel("You are an administrator of"))
	}
	for _, broker := range known {
		rows.Add(border(nil, nil, nil, widget.NewButton("Open", func() { o.open(broker.Installation) }), widget.NewLabel(broker.Address+", as "+broker.Name)))
	}
	rows.Add(boldLabel("Attach with a token"))
	rows.Add(wrapped("Somebody who administers that broker makes it, under Settings or with: lockwired administrators token NAME --role change. It is good once and for 15 minutes."))
	rows.Add(o.token)
	rows.Add(o.problem)
	o.dialog.set(rows, widget.NewButton("Close", o.dialog.close), o.attach)
	return o
}

// enrol uses the token, and forgets it.
func (o *otherBroker) enrol() {
	token := o.token.Text
	o.token.SetText("")
	o.problem.Hide()
	fetch(o.console.Background, func(ctx context.Context) (engine.ID, error) { return o.console.OtherBrokers.Enrol(ctx, token) }, func(installation engine.ID, err error) {
		switch {
		case err != nil:
			o.fail("The broker did not let this user in: " + err.Error())
		case !o.dialog.done:
			o.open(installation)
		}
	})
}

func (o *otherBroker) open(installation engine.ID) {
	if err := o.console.OtherBrokers.Open(installation); err != nil {
		o.fail("No window could be opened: " + err.Error())
		return
	}
	o.dialog.close()
}

func (o *otherBroker) fail(text string) {
	o.problem.setText(text)
	o.problem.Show()
}
