package settings

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// replaceDialog puts trusted links in the place of the override. It shows the pairs first that they are about.
type replaceDialog struct {
	console       *page.Console
	dialog        *kit.FormDialog
	reason, until *kit.FormEntry
	reasonField   *kit.FormField
	untilField    *kit.FormField
	pairs         *fyne.Container
	replace       *widget.Button
	revision      int64 // of the override that was read
	shown         *engine.Effect
	turn          int // of the newest preview; an answer to an older one is dropped
}

func showReplace(c *page.Console, state *model.State) *replaceDialog {
	d := &replaceDialog{console: c, revision: state.Rules.SettingRevisions[engine.OverrideSetting], pairs: container.NewVBox()}
	d.dialog = kit.ShowForm(c.Window, "Replace the override by trusted links", fyne.NewSize(640, 520), func() { d.turn++ })
	changed := func(string) { d.look("") }
	d.reason, d.until = d.dialog.Entry(engine.ReplacementReason, "", changed), d.dialog.Entry("", "2027-01-31", changed)
	d.reasonField = kit.NewFormField("Reason", d.reason, "why these pairs may stay plain; it stands in each receipt")
	d.untilField = kit.NewFormField("Last day", d.until, "after it the pairs are sealed; empty has no end")
	d.replace = widget.NewButton("Make the trusted links", d.apply)
	d.replace.Importance = widget.HighImportance
	d.dialog.Set(container.NewVBox(
		kit.Wrapped("The override is set back to 0. Exactly the pairs that it turns plain now stay plain, each by a trusted link, which can be seen, ended and taken back. Nothing is sealed or turned plain by this; a machine that joins later is sealed."),
		d.dialog.Rows(d.reasonField, d.untilField), d.pairs), widget.NewButton("Cancel", d.dialog.Close), d.replace)
	d.look("")
	return d
}

// change is what the fields say; false where one of them is wrong.
func (d *replaceDialog) change() (engine.Change, bool) {
	replacement := &engine.OverrideReplacement{Reason: strings.TrimSpace(d.reason.Text), Revision: d.revision}
	var reasonError, untilError error
	if replacement.Reason == "" {
		reasonError = errors.New("a trusted link needs a reason")
	}
	if day := strings.TrimSpace(d.until.Text); day != "" {
		var until engine.Date
		if until, untilError = text.ParseDate(day); untilError == nil {
			replacement.Until = &until
		}
	}
	d.reasonField.SetError(reasonError)
	d.untilField.SetError(untilError)
	return engine.Change{ReplaceOverride: replacement}, reasonError == nil && untilError == nil
}

// look previews what the fields say and shows the pairs, with why it looks again; that may be empty.
func (d *replaceDialog) look(again string) {
	d.turn++
	turn := d.turn
	d.shown = nil
	d.replace.Disable()
	change, right := d.change()
	if !right {
		return
	}
	kit.Fetch(d.console.Background, func(ctx context.Context) (engine.Effect, error) { return d.console.Admin.Preview(ctx, change) }, func(effect engine.Effect, err error) {
		if turn != d.turn {
			return
		}
		if err != nil {
			d.failed(err)
			return
		}
		d.shown = &effect
		d.show(pairParts(&effect, again)...)
		d.replace.Enable()
	})
}

// failed shows what was refused, beside its field where it is of one.
func (d *replaceDialog) failed(err error) {
	var field *engine.FieldError
	switch {
	case errors.As(err, &field) && field.Field == "until":
		d.untilField.SetError(text.FieldError(err))
	case errors.As(err, &field) && field.Field == "exempt":
		d.reasonField.SetError(text.FieldError(err))
	default:
		d.show(kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "Nothing was changed: "+err.Error()))
	}
}

func (d *replaceDialog) show(parts ...fyne.CanvasObject) {
	d.pairs.Objects = parts
	d.pairs.Refresh()
}

// pairParts names the pairs that stay plain.
func pairParts(effect *engine.Effect, again string) []fyne.CanvasObject {
	var parts []fyne.CanvasObject
	if again != "" {
		parts = append(parts, kit.NewNotice(theme.InfoIcon(), kit.ColorMuted, again))
	}
	for _, warning := range effect.Warnings {
		parts = append(parts, kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, warning))
	}
	count := len(effect.Exempts) + effect.MoreExempt
	if count == 0 {
		return append(parts, kit.Wrapped("The override turns no pair plain now: it is set back, and no trusted link is made."))
	}
	parts = append(parts, kit.NewNotice(page.ModeIcon(engine.Plain), page.ModeColor(engine.Plain), fmt.Sprintf("%s by %s:",
		text.Count(count, "pair stays plain", "pairs stay plain"), text.Count(len(effect.Rules), "trusted link", "trusted links"))))
	var pairs []fyne.CanvasObject
	for i := range effect.Exempts {
		pair := &effect.Exempts[i]
		route := "no route yet"
		if len(pair.Routes) > 0 {
			route = strings.Join(pair.Routes, ", ")
		}
		pairs = append(pairs, kit.Muted(pair.Source+" and "+pair.Target+" ("+route+")"))
	}
	if effect.MoreExempt > 0 {
		pairs = append(pairs, kit.Muted("and "+text.Count(effect.MoreExempt, "more pair", "more pairs")))
	}
	return append(parts, kit.Dense(pairs))
}

// apply does what is shown. Other pairs than those are shown first.
func (d *replaceDialog) apply() {
	change, right := d.change()
	if !right || d.shown == nil {
		return
	}
	confirmation := d.shown.Confirm()
	d.replace.Disable()
	kit.Fetch(d.console.Background, func(ctx context.Context) (engine.Effect, error) {
		return d.console.Admin.Apply(ctx, change, confirmation)
	}, func(_ engine.Effect, err error) {
		switch {
		case errors.Is(err, engine.ErrNeedsConfirmation):
			d.look("The pairs are no longer the same, and nothing was changed yet. These are all of them now:")
		case err != nil:
			d.failed(err)
		default:
			d.console.Refresh()
			d.dialog.Close()
			d.console.Tell("The override is replaced by trusted links")
		}
	})
}
