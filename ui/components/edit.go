package components

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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

// mostListed is how many sessions a question lists by name; it counts the others.
const mostListed = 12

// editable is the selected component where it can be changed; nil where it cannot.
func (p *view) editable() *engine.ComponentStatus {
	c := p.chosen()
	if c == nil || !c.Revoked.IsZero() || !p.State.MayChange() {
		return nil
	}
	return c
}

// askText is a small dialog with one field. Check gives the error of a text; do gets a valid one.
func askText(c *page.Console, title, field, text, hint string, check func(string) error, do func(string)) {
	d := kit.ShowForm(c.Window, title, fyne.NewSize(460, 200), nil)
	var row *kit.FormField
	save := widget.NewButton("Save", nil)
	entry := d.Entry(text, "", func(text string) {
		err := check(text)
		row.SetError(err)
		if err != nil {
			save.Disable()
		} else {
			save.Enable()
		}
	})
	row = kit.NewFormField(field, entry, hint)
	save.Importance = widget.HighImportance
	save.OnTapped = func() {
		if check(entry.Text) == nil {
			d.Close()
			do(entry.Text)
		}
	}
	d.Set(d.Rows(row), widget.NewButton("Cancel", d.Close), save)
	c.Window.Canvas().Focus(entry)
	entry.CursorColumn = len([]rune(text))
}

func (p *view) rename() {
	component := p.editable()
	if component == nil {
		return
	}
	id, revision := component.ID, component.Revision
	check := func(name string) error {
		for i := range p.State.Components {
			if other := &p.State.Components[i]; other.ID != id && engine.SameName(other.Name, name) {
				return engine.ErrNameTaken
			}
		}
		return engine.CheckComponentName(name)
	}
	askText(p.console, "Rename "+component.Name, "Name", component.Name, "rules that name it are changed too", check, func(name string) {
		page.AskChange(p.console, engine.Change{Rename: &engine.Renaming{Component: id, Revision: revision, Name: name}}, "Rename to "+name+"?", nil)
	})
}

func (p *view) tags() {
	component := p.editable()
	if component == nil {
		return
	}
	id, revision, name := component.ID, component.Revision, component.Name
	check := func(text string) error {
		_, err := model.ParseTags(text)
		return err
	}
	askText(p.console, "Tags of "+name, "Tags", strings.Join(component.Tags, ", "), "with commas between them, such as branch, linux; rules and routes can name them", check, func(text string) {
		tags, err := model.ParseTags(text)
		if err != nil {
			return
		}
		page.AskChange(p.console, engine.Change{Tags: &engine.TagChange{Component: id, Revision: revision, Tags: tags}}, "Change the tags of "+name+"?", nil)
	})
}

// limit asks for the component's own limit on what it sends.
func (p *view) limit() {
	component := p.editable()
	if component == nil {
		return
	}
	id, revision, name, present := component.ID, component.Revision, component.Name, component.LocalLimit
	d := kit.ShowForm(p.console.Window, "Own limit of "+name, fyne.NewSize(480, 270), nil)
	save := widget.NewButton("Save", nil)
	save.Importance = widget.HighImportance
	var value *kit.FormEntry
	var field *kit.FormField
	var units []string
	for _, unit := range engine.Units {
		units = append(units, string(unit))
	}
	unit := widget.NewSelect(units, nil)
	unit.Selected = string(engine.MegabitsPerSecond)
	limited := widget.NewCheck("Limit what this component sends", nil)
	read := func() (*engine.Limit, error) {
		if !limited.Checked {
			return nil, nil
		}
		number, err := strconv.ParseUint(value.Text, 10, 64)
		if err != nil {
			return nil, errors.New("write a whole number, such as 100")
		}
		limit := &engine.Limit{Value: number, Unit: engine.Unit(unit.Selected)}
		return limit, limit.Check()
	}
	check := func() {
		_, err := read()
		field.SetError(err)
		if err != nil {
			save.Disable()
		} else {
			save.Enable()
		}
		field.Show(limited.Checked)
	}
	value = d.Entry("100", "100", func(string) { check() })
	if present != nil {
		limited.Checked, value.Text, unit.Selected = true, strconv.FormatUint(present.Value, 10), string(present.Unit)
	}
	field = kit.NewFormField("Limit", kit.Border(nil, nil, nil, unit, value), "shared by all of its sessions")
	limited.OnChanged = func(bool) { check() }
	unit.OnChanged = func(string) { check() }
	save.OnTapped = func() {
		limit, err := read()
		if err != nil {
			return
		}
		d.Close()
		page.AskChange(p.console, engine.Change{Limit: &engine.LimitChange{Component: id, Revision: revision, Limit: limit}}, "Change the limit of "+name+"?", nil)
	}
	d.Set(container.NewVBox(limited, d.Rows(field), kit.NewNotice(theme.InfoIcon(), kit.ColorMuted, "Not enforced yet: the limit is kept and explained, and traffic is not slowed down.")),
		widget.NewButton("Cancel", d.Close), save)
	check()
}

// revoke asks, and says which live sessions end and which links lose encryption.
func (p *view) revoke() {
	component := p.editable()
	if component == nil {
		return
	}
	change, name, sessions := engine.Change{Revoke: component.ID}, component.Name, model.SessionsOf(p.State, component.ID)
	kit.Fetch(p.console.Background, func(ctx context.Context) (engine.Effect, error) { return p.console.Admin.Preview(ctx, change) }, func(effect engine.Effect, err error) {
		if err != nil {
			kit.ShowError(p.console.Window, "Component "+name+" was not revoked", err)
			return
		}
		kit.Confirm(p.console.Window, "Revoke component "+name+"?", revocationWords(sessions, &effect), "Revoke", func() {
			page.ApplyConfirmed(p.console, change, effect, "Revoke component "+name+"?", "Component "+name+" was not revoked")
		})
	})
}

func revocationWords(sessions []*engine.Session, effect *engine.Effect) fyne.CanvasObject {
	rows := container.NewVBox(kit.Wrapped("Its access ends for good within 5 seconds. To bring the machine back, make a new token and have it join again. Routes that lead to it or start from it stop working."))
	if len(sessions) == 0 {
		rows.Add(kit.Wrapped("It has no live session now."))
	} else {
		rows.Add(kit.NewNotice(theme.WarningIcon(), kit.ColorRefused, text.Count(len(sessions), "live session ends", "live sessions end")+" at once, in the middle of a backup:"))
	}
	for i, s := range sessions {
		if i == mostListed {
			rows.Add(kit.Muted(fmt.Sprintf("and %d more", len(sessions)-mostListed)))
			break
		}
		rows.Add(kit.Wrapped(s.RouteName + ": " + s.SourceName + " to " + s.TargetName + ", " + text.Size(s.Traffic.ToTarget+s.Traffic.ToSource) + " so far"))
	}
	if lost := effect.LosesEncryption(); lost > 0 {
		rows.Add(kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, text.Count(lost, "link of other components loses encryption", "links of other components lose encryption")+", because a rule named this one."))
	}
	return container.New(minimumHeight(180), container.NewVScroll(rows))
}

// minimumHeight gives a scroller a height at which some of its content is visible.
type minimumHeight float32

// Layout gives the object the whole size.
func (h minimumHeight) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size)
	}
}

// MinSize is the height.
func (h minimumHeight) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, float32(h)) }
