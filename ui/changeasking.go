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
	applyChange(c, change, question, nil, left)
}

// applyChange does a change as changeAsking does. Done is called once it is stored; it may be nil.
func applyChange(c *Console, change engine.Change, question string, done, left func()) {
	a := &asking{console: c, change: change, question: question, done: done, left: left}
	a.failed = func(err error) {
		a.leave()
		showError(c.Window, "Nothing was changed", err)
	}
	a.begin()
}

// asking is one change on its way: what it would do, the question where there is one, and the doing.
type asking struct {
	console    *Console
	change     engine.Change
	question   string
	failed     func(error)
	done, left func() // may be nil
}

func (a *asking) leave() {
	if a.left != nil {
		a.left()
	}
}

// begin asks what the change would do, and does it at once where nobody needs to be asked.
func (a *asking) begin() {
	fetch(a.console.Background, func(ctx context.Context) (engine.Effect, error) { return a.console.Admin.Preview(ctx, a.change) }, func(effect engine.Effect, err error) {
		switch {
		case err != nil:
			a.failed(err)
		case effect.LosesEncryption() == 0 && len(effect.StaleSessions) == 0 && len(effect.Warnings) == 0:
			a.apply(engine.Confirmation{})
		default:
			askEffect(a.console, a.question, effect, "", a.leave, a.apply)
		}
	})
}

// apply does the change. It confirms no more than what was shown: where more came up meanwhile, it is asked about again.
func (a *asking) apply(confirmation engine.Confirmation) {
	fetch(a.console.Background, func(ctx context.Context) (engine.Effect, error) {
		return a.console.Admin.Apply(ctx, a.change, confirmation)
	}, func(effect engine.Effect, err error) {
		switch {
		case errors.Is(err, engine.ErrNeedsConfirmation) && !confirmation.LoseEncryption:
			askEffect(a.console, a.question, effect, "This came up only now: "+err.Error(), a.leave, a.apply)
		case err != nil:
			a.failed(err)
		default:
			a.console.Refresh()
			if a.done != nil {
				a.done()
			}
		}
	})
}

// applyConfirmed does a change about which the user has been asked already.
func applyConfirmed(c *Console, change engine.Change, failed string) {
	a := &asking{console: c, change: change, failed: func(err error) { showError(c.Window, failed, err) }}
	a.apply(engine.Confirmation{LoseEncryption: true})
}

// The two things that can become of a live session to which a changed decision no longer applies.
const (
	letFinish = "let them finish as they began"
	cutNow    = "cut them now"
)

// askEffect shows what a change does to encryption and to live sessions, and asks whether to do it. Reason says why it is asked
// where the effect does not say it; it may be empty.
func askEffect(c *Console, question string, effect engine.Effect, reason string, leave func(), do func(engine.Confirmation)) {
	rows := container.NewVBox()
	if reason != "" {
		rows.Add(wrapped(reason))
	}
	lost := effect.LosesEncryption()
	if lost > 0 {
		rows.Add(newNotice(theme.WarningIcon(), ColorPlain, counted(lost, "link loses encryption", "links lose encryption")+":"))
	}
	for i := range effect.Links {
		if link := &effect.Links[i]; link.LosesEncryption() {
			sign := widget.NewIcon(theme.NewColoredResource(modeIconOf(engine.Plain), modeColorOf(engine.Plain)))
			rows.Add(border(nil, nil, container.NewCenter(sign), nil, wrapped(link.Source+" to "+link.Target+": from sealed to plain")))
		}
	}
	if effect.OtherPairs > 0 {
		rows.Add(muted(counted(effect.OtherPairs, "pair without a route changes", "pairs without a route change") + " too."))
	}
	for _, warning := range effect.Warnings {
		rows.Add(newNotice(theme.WarningIcon(), ColorPlain, warning))
	}
	fate := widget.NewRadioGroup([]string{letFinish, cutNow}, nil)
	fate.Required, fate.Selected = true, letFinish
	if stale := len(effect.StaleSessions); stale > 0 {
		rows.Add(wrapped(counted(stale, "live session", "live sessions") + " began under the rules as they were:"))
		for _, line := range staleLines(effect.StaleSessions) {
			rows.Add(muted(line))
		}
		rows.Add(fate)
	}
	importance := widget.HighImportance
	if lost > 0 {
		importance = widget.DangerImportance
	}
	showModal(c.Window, question, container.NewVScroll(rows), fyne.NewSize(560, 380), leave,
		choice{text: "Cancel", run: leave, enter: true},
		choice{text: "Change it", importance: importance, run: func() {
			do(engine.Confirmation{LoseEncryption: lost > 0 || reason != "", CutStale: fate.Selected == cutNow})
		}})
}

// shownStale keeps a question short enough to read.
const shownStale = 8

// staleLines name the sessions that become stale, with what they are and what they would be.
func staleLines(sessions []engine.StaleSession) []string {
	var lines []string
	for i := range sessions {
		if i == shownStale {
			return append(lines, counted(len(sessions)-i, "more session", "more sessions"))
		}
		s := &sessions[i]
		was, is := s.Before.Mode.String()+limitWords(&s.Before), s.After.Mode.String()+limitWords(&s.After)
		lines = append(lines, s.Source+" to "+s.Target+": is "+was+", would now be "+is)
	}
	return lines
}
