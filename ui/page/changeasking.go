package page

import (
	"context"
	"errors"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// AskChange applies a change, and tells so once it is stored. It first shows and confirms a change that removes encryption, ends
// sessions or makes sessions stale. Told is what the note says, such as "Route nightly removed".
func AskChange(c *Console, change engine.Change, question, told string) {
	a := &Asking{Console: c, Change: change, Question: question, Told: told}
	a.Failed = func(err error) { kit.ShowError(c.Window, "Nothing was changed", err) }
	a.Begin()
}

// ApplyChange applies a change as AskChange does, and calls done once it is stored; done may be nil. Left is called if nothing was
// changed; it may be nil.
func ApplyChange(c *Console, change engine.Change, question string, done, left func()) {
	a := &Asking{Console: c, Change: change, Question: question, Left: left}
	if done != nil {
		a.Done = func(engine.Effect) { done() }
	}
	a.Failed = func(err error) {
		a.leave()
		kit.ShowError(c.Window, "Nothing was changed", err)
	}
	a.Begin()
}

// Asking is one change in progress: its preview, its question if it needs one, and its application.
type Asking struct {
	Console  *Console
	Change   engine.Change
	Question string
	Failed   func(error)
	Done     func(engine.Effect) // is called once it is stored; may be nil
	Left     func()              // is called where nothing was changed; may be nil
	// Told is what a note says once it is stored; empty where Done says it. The note can take the change back, unless it ends something.
	Told string
	// Reload shows what is there now, after somebody else changed it; nil closes the question only.
	Reload func(engine.Present)
	// Shown tells whether an ask of the change was shown before it began, so that it needs no question; nil where none was.
	Shown func(engine.Ask) bool
	// Over is what somebody else had saved meanwhile, over which the change was put.
	Over engine.Present
}

// ask asks whether to go on. Reason adds why; it may be empty. Chosen is what becomes of stale sessions if nothing else is chosen.
func (a *Asking) ask(effect engine.Effect, reason, chosen string) {
	verb := verbOf(&a.Change)
	if step, _, _ := strings.Cut(a.Question, ": "); step == "Undo" || step == "Redo" { // whatever it takes
		verb = step
	}
	askEffect(a.Console, a.Question, verb, effect, reason, chosen, a.leave, a.apply)
}

func (a *Asking) leave() {
	if a.Left != nil {
		a.Left()
	}
}

// Begin previews the change, and applies it at once if nothing has to be confirmed.
func (a *Asking) Begin() {
	kit.Fetch(a.Console.Background, func(ctx context.Context) (engine.Effect, error) { return a.Console.Admin.Preview(ctx, a.Change) }, func(effect engine.Effect, err error) {
		var outdated *engine.OutdatedError
		switch {
		case errors.As(err, &outdated):
			a.askOutdated(outdated)
		case err != nil:
			a.Failed(err)
		case len(effect.StaleSessions) == 0 && len(effect.Warnings) == 0 && !slices.ContainsFunc(effect.Asks, a.unseen):
			a.apply(effect.Confirm())
		default:
			a.ask(effect, "", letFinish)
		}
	})
}

func (a *Asking) unseen(ask engine.Ask) bool { return a.Shown == nil || !a.Shown(ask) }

// apply stores the change. It confirms only the effect that was shown; a different effect is asked about again.
func (a *Asking) apply(confirmation engine.Confirmation) {
	kit.Fetch(a.Console.Background, func(ctx context.Context) (engine.Effect, error) {
		return a.Console.Admin.Apply(ctx, a.Change, confirmation)
	}, func(effect engine.Effect, err error) {
		var outdated *engine.OutdatedError
		switch {
		case errors.Is(err, engine.ErrNeedsConfirmation):
			fate := letFinish
			if confirmation.Cut != "" {
				fate = cutNow
			}
			a.ask(effect, "This is new since you were asked. Nothing was changed yet.", fate)
		case errors.As(err, &outdated):
			a.askOutdated(outdated)
		case err != nil:
			a.Failed(err)
		default:
			a.Console.Refresh()
			if a.Done != nil {
				a.Done(effect)
			}
			a.tell(&effect)
		}
	})
}

// ApplyConfirmed does a change whose effect was shown and confirmed by the user. What came up since is asked about.
func ApplyConfirmed(c *Console, change engine.Change, shown engine.Effect, question, failed, told string) {
	a := &Asking{Console: c, Change: change, Question: question, Told: told, Failed: func(err error) { kit.ShowError(c.Window, failed, err) }}
	a.apply(shown.Confirm())
}

// The two things that can become of a live session to which a changed decision no longer applies.
const (
	letFinish = "let them finish as they began"
	cutNow    = "cut them now"
)

// askEffect shows the effect of a change on encryption and live sessions, and asks whether to apply it. Verb is on the button that
// does.
func askEffect(c *Console, question, verb string, effect engine.Effect, reason, chosen string, leave func(), do func(engine.Confirmation)) {
	rows := container.NewVBox()
	if reason != "" {
		rows.Add(kit.Wrapped(reason))
	}
	rows.Objects = append(rows.Objects, LostLinks(&effect)...)
	rows.Objects = append(rows.Objects, EndingSessions(effect.EndingSessions)...)
	for _, ask := range effect.Asks {
		if ask.Kind != engine.AskEncryption && ask.Kind != engine.AskSessions { // those are listed above
			rows.Add(kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, ask.Words))
		}
	}
	if effect.OtherPairs > 0 {
		rows.Add(kit.Muted(text.Count(effect.OtherPairs, "pair without a route changes", "pairs without a route change") + " too."))
	}
	for _, warning := range effect.Warnings {
		rows.Add(kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, warning))
	}
	fate := widget.NewRadioGroup([]string{letFinish, cutNow}, nil)
	fate.Required, fate.Selected = true, chosen
	if stale := len(effect.StaleSessions); stale > 0 {
		rows.Add(kit.Wrapped(text.Count(stale, "live session", "live sessions") + " began under the rules as they were:"))
		for _, line := range staleLines(effect.StaleSessions) {
			rows.Add(kit.Muted(line))
		}
		rows.Add(fate)
	}
	importance := widget.HighImportance
	if len(effect.Asks) > 0 {
		importance = widget.DangerImportance
	}
	kit.ShowModal(c.Window, question, container.NewVScroll(rows), fyne.NewSize(560, 380), leave,
		kit.Choice{Text: "Cancel", Run: leave, Enter: true},
		kit.Choice{Text: verb, Importance: importance, Run: func() {
			if fate.Selected == cutNow {
				do(effect.ConfirmWithCut())
				return
			}
			do(effect.Confirm())
		}})
}

// shownStale keeps a question short enough to read.
const shownStale = 8

// staleLines name the sessions that become stale, with what they are and what they would be.
func staleLines(sessions []engine.StaleSession) []string {
	var lines []string
	for i := range sessions {
		if i == shownStale {
			return append(lines, text.Count(len(sessions)-i, "more session", "more sessions"))
		}
		s := &sessions[i]
		was, is := s.Before.Mode.String()+limitWords(&s.Before), s.After.Mode.String()+limitWords(&s.After)
		lines = append(lines, s.Source+" to "+s.Target+": is "+was+", under today's rules it would be "+is)
	}
	return lines
}
