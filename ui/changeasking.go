package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

// changeAsking does a change. Where it takes encryption from a link, ends sessions or makes some stale, what it does is shown
// first and asked about. Left is called where nothing was changed; it may be nil.
func changeAsking(c *Console, change engine.Change, question string, left func()) {
	leave := func() {
		if left != nil {
			left()
		}
	}
	fail := func(err error) {
		leave()
		showError(c.Window, "Nothing was changed", err)
	}
	fetch(c, func(ctx context.Context) (engine.Effect, error) { return c.Admin.Preview(ctx, change) }, func(effect engine.Effect, err error) {
		if err != nil {
			fail(err)
			return
		}
		do := func(confirmation engine.Confirmation) {
			fetch(c, func(ctx context.Context) (engine.Effect, error) { return c.Admin.Apply(ctx, change, confirmation) }, func(again engine.Effect, err error) {
				switch {
				case errors.Is(err, engine.ErrNeedsConfirmation): // it changed between the two
					askEffect(c, question, again, err.Error(), leave, func(con engine.Confirmation) { applyNow(c, change, con, fail) })
				case err != nil:
					fail(err)
				default:
					c.Refresh()
				}
			})
		}
		if effect.LosesEncryption() == 0 && len(effect.StaleSessions) == 0 && len(effect.Warnings) == 0 {
			do(engine.Confirmation{})
			return
		}
		askEffect(c, question, effect, "", leave, do)
	})
}

func applyNow(c *Console, change engine.Change, confirmation engine.Confirmation, fail func(error)) {
	fetch(c, func(ctx context.Context) (engine.Effect, error) { return c.Admin.Apply(ctx, change, confirmation) }, func(_ engine.Effect, err error) {
		if err != nil {
			fail(err)
			return
		}
		c.Refresh()
	})
}

// askEffect shows what a change does, link by link, and asks whether to do it.
func askEffect(c *Console, question string, effect engine.Effect, reason string, leave func(), do func(engine.Confirmation)) {
	rows := container.NewVBox()
	if reason != "" {
		rows.Add(wrapped(reason))
	}
	if lost := effect.LosesEncryption(); lost > 0 {
		rows.Add(newNotice(theme.WarningIcon(), ColorPlain, counted(lost, "link loses encryption", "links lose encryption")+":"))
	}
	for i := range effect.Links {
		if link := &effect.Links[i]; link.LosesEncryption() {
			icon, color := modeLook(engine.Plain)
			sign := widget.NewIcon(theme.NewColoredResource(icon, color))
			rows.Add(container.NewBorder(nil, nil, container.NewCenter(sign), nil, wrapped(link.Source+" → "+link.Target+": from sealed to plain")))
		}
	}
	if effect.OtherPairs > 0 {
		rows.Add(muted(counted(effect.OtherPairs, "pair without a route changes", "pairs without a route change") + " too."))
	}
	for _, warning := range effect.Warnings {
		rows.Add(newNotice(theme.WarningIcon(), ColorPlain, warning))
	}
	cut := widget.NewCheck("Cut "+counted(len(effect.StaleSessions), "live session", "live sessions")+" to which this no longer applies; otherwise they finish as they began", nil)
	if len(effect.StaleSessions) > 0 {
		rows.Add(cut)
	}
	importance := widget.HighImportance
	if effect.LosesEncryption() > 0 {
		importance = widget.DangerImportance
	}
	scroll := container.New(minimumHeight(180), container.NewVScroll(rows))
	showModal(c.Window, question, scroll, fyne.NewSize(560, 380), leave,
		choice{text: "Cancel", run: leave, enter: true},
		choice{text: "Change it", importance: importance, run: func() { do(engine.Confirmation{LoseEncryption: true, CutStale: cut.Checked}) }})
}

// applyConfirmed does a change about which the user has been asked already.
func applyConfirmed(c *Console, change engine.Change, failed string) {
	applyNow(c, change, engine.Confirmation{LoseEncryption: true}, func(err error) { showError(c.Window, failed, err) })
}
