package components

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/text"
)

const (
	oneMachine      = "one machine"
	severalMachines = "several machines"
)

// validFor are how long a token for several machines can count, as the dialog offers it.
var validFor = []struct {
	words string
	time  time.Duration
}{{"1 hour", time.Hour}, {"8 hours", 8 * time.Hour}, {"1 day", engine.RolloutLifetime}, {"3 days", 3 * 24 * time.Hour}, {"7 days", engine.MaximumTokenLifetime}}

// severalFields ask whether a token is for several machines, for how many and until when.
type severalFields struct {
	kind, valid           *widget.Select
	uses                  *kit.FormEntry
	usesField, validField *kit.FormField
}

// ask makes the fields; those that one machine has no use for are hidden.
func (s *severalFields) ask(d *kit.FormDialog, changed func()) fyne.CanvasObject {
	s.uses = d.Entry("10", "10", func(string) { changed() })
	words := make([]string, len(validFor))
	for i := range validFor {
		words[i] = validFor[i].words
	}
	s.valid = widget.NewSelect(words, func(string) { changed() })
	s.valid.Selected = words[2]
	s.usesField = kit.NewFormField("How many", s.uses, "no more than there are: each of them can be joined by whoever reads the token")
	s.validField = kit.NewFormRow("Counts for", s.valid)
	s.kind = widget.NewSelect([]string{oneMachine, severalMachines}, func(string) {
		s.show()
		d.Fit()
		d.Grow()
		changed()
	})
	s.kind.Selected = oneMachine
	s.show()
	return s.kind
}

func (s *severalFields) show() {
	s.usesField.Show(s.on())
	s.validField.Show(s.on())
}

func (s *severalFields) on() bool { return s.kind != nil && s.kind.Selected == severalMachines }

// check reads the fields into a request, and says what is wrong with its pattern of names and with the rest.
func (s *severalFields) check(request *engine.TokenRequest) (nameErr, otherErr error) {
	uses, err := strconv.Atoi(strings.TrimSpace(s.uses.Text))
	if err != nil || uses < 1 {
		uses, otherErr = 1, fmt.Errorf("a number from 1 to %d", engine.MaximumTokenUses)
	}
	request.Uses = uses
	for _, choice := range validFor {
		if choice.words == s.valid.Selected {
			request.Valid = choice.time
		}
	}
	if err := request.CheckSeveral(); err != nil {
		if text.FieldOf(err) == "name" {
			nameErr = errors.Unwrap(err)
		} else if otherErr == nil {
			otherErr = err
		}
	}
	s.usesField.SetError(otherErr)
	return nameErr, otherErr
}

// showSeveral is the second step for several machines: what to run on each, the token, and how many have come.
func (a *addComponent) showSeveral(token engine.Token) {
	windows := a.system.Selected == systemWindows
	a.token, a.expires, a.phase = token.ID, token.Expires, arrivalWait
	a.secret = kit.Monospaced(token.Secret)
	a.arrival = kit.NewNotice(theme.HistoryIcon(), kit.ColorMuted, "")
	bold := func(words string) *widget.Label {
		label := kit.Wrapped(words)
		label.TextStyle.Bold = true
		return label
	}
	rows := container.NewVBox(
		kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, fmt.Sprintf("Whoever reads this token can join as any of %s that is not here yet, until %s used it or until %s. It cannot take the place of a machine that is here.",
			a.request.Name, engine.CountInWords(a.request.Uses, "machine has", "machines have"), text.Time(token.Expires))))
	if saves := a.saveButtons(windows); saves != nil {
		rows.Add(bold("Bring the agent there, as a package or as this file:"))
		rows.Add(saves)
	}
	rows.Add(bold("The token, for a file on each machine that only its administrator reads:"))
	rows.Add(kit.Copyable(a.secret))
	rows.Add(bold("On each machine, with a name that fits " + a.request.Name + ":"))
	rows.Add(kit.Copyable(kit.Monospaced(model.RolloutCommand(windows, a.allow))))
	rows.Add(a.arrival)
	a.dialog.Heading.SetText("Add components " + a.request.Name)
	a.closing = widget.NewButton("Close", a.dialog.Close)
	a.another = widget.NewButton("Revoke this token", a.revokeToken)
	a.dialog.Set(rows, a.another, a.closing)
	a.updateSeveral()
}

// updateSeveral says how many of the machines have come.
func (a *addComponent) updateSeveral() {
	if a.phase != arrivalWait {
		return
	}
	here, online := 0, 0
	for i := range a.state.Components {
		c := &a.state.Components[i]
		if a.known[c.ID] || engine.CheckPatternName(a.request.Name, c.Name) != nil {
			continue
		}
		here++
		if c.Online && c.Problem == "" {
			online++
		}
	}
	words := fmt.Sprintf("%d of %d have joined since the token was made, %d of them are online.", here, a.request.Uses, online)
	if when := a.state.When; !when.IsZero() && !when.Before(a.expires) {
		words += " The token has expired."
	}
	a.arrival.SetText(words)
}

// revokeToken has the token let nobody in any more.
func (a *addComponent) revokeToken() {
	a.another.Disable()
	token := a.token
	kit.Fetch(a.console.Background, func(ctx context.Context) (none struct{}, err error) {
		return none, a.console.Admin.RevokeToken(ctx, token)
	}, func(_ struct{}, err error) {
		switch {
		case a.dialog.Done:
		case err != nil:
			a.another.Enable()
			kit.ShowError(a.console.Window, "The token was not revoked", err)
		default:
			a.phase = arrivalLate
			a.secret.SetText("")
			a.arrival.SetText("The token was revoked and lets nobody in any more. Who joined with it stays.")
			a.closing.Importance = widget.HighImportance
			a.dialog.Set(container.NewVBox(a.arrival), a.closing) // what it was for holds no longer
		}
	})
}
