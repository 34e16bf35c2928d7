package components

import (
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

// editable is the selected component where it can be changed; nil where it cannot.
func (p *view) editable() *engine.ComponentStatus {
	c := p.chosen()
	if c == nil || !c.Revoked.IsZero() || !p.State.MayChange() {
		return nil
	}
	return c
}

// edit is a dialog with one field of a component. It stays open until that is stored.
type edit struct {
	console *page.Console
	dialog  *kit.FormDialog
	field   *kit.FormField
	save    *widget.Button
	// meanwhile says that somebody else changed the component; empty where several are edited.
	meanwhile *fyne.Container
}

func newEdit(c *page.Console, title string, size fyne.Size) *edit {
	e := &edit{console: c, dialog: kit.ShowForm(c.Window, title, size, nil), save: widget.NewButton("Save", nil), meanwhile: container.NewVBox()}
	e.save.Importance = widget.HighImportance
	return e
}

// watch says it where somebody else changes or revokes the component meanwhile.
func (e *edit) watch(component engine.Component) {
	e.meanwhile = page.NewMeanwhile(e.console, e.dialog, "component", component.Revision, func(state *model.State) (int64, bool) {
		c := model.ComponentIn(state, component.ID)
		if c == nil || !c.Revoked.IsZero() {
			return 0, false
		}
		return c.Revision, true
	}, func() bool { return !e.dialog.Done }, func() { e.save.OnTapped() }).Content
}

// show shows what is wrong with the input; nil lets it be saved.
func (e *edit) show(err error) {
	e.field.SetError(err)
	if err != nil {
		e.save.Disable()
	} else {
		e.save.Enable()
	}
}

// apply stores the change. Reload opens the dialog anew, with the component as somebody else saved it meanwhile.
func (e *edit) apply(change engine.Change, question, told string, reload func(engine.Component)) {
	e.save.Disable() // until it is known what became of it
	a := &page.Asking{
		Console: e.console, Change: change, Question: question, Told: told, Left: e.save.Enable,
		Done: func(engine.Effect) { e.dialog.Close() },
		Failed: func(err error) {
			e.save.Enable()
			if text.FieldOf(err) != "" {
				e.field.SetError(err)
				return
			}
			kit.ShowError(e.console.Window, "Nothing was changed; what you typed is still here", err)
		},
		Reload: func(now engine.Present) {
			e.dialog.Close()
			if now.Component != nil {
				reload(*now.Component)
			}
		},
	}
	a.Begin()
}

// askText is an edit of a text of a component. Check gives the error of a text; do gets a valid one.
func askText(c *page.Console, of engine.Component, title, field, text, hint string, check func(string) error, do func(*edit, string)) {
	e := newEdit(c, title, fyne.NewSize(460, 200))
	e.watch(of)
	entry := e.dialog.Entry(text, "", func(text string) { e.show(check(text)) })
	e.field = kit.NewFormField(field, entry, hint)
	e.askIn(entry, &entry.Entry, check, do)
}

// askIn asks in a field. Check gives the error of a text; do gets a valid one.
func (e *edit) askIn(focus fyne.Focusable, entry *widget.Entry, check func(string) error, do func(*edit, string)) {
	e.save.OnTapped = func() {
		if check(entry.Text) == nil {
			do(e, entry.Text)
		}
	}
	e.dialog.Set(container.NewVBox(e.meanwhile, e.dialog.Rows(e.field)), widget.NewButton("Cancel", e.dialog.Close), e.save)
	e.console.Window.Canvas().Focus(focus)
	entry.CursorColumn = len([]rune(entry.Text))
}

func (p *view) rename() {
	if component := p.editable(); component != nil {
		p.askName(component.Component)
	}
}

func (p *view) askName(component engine.Component) {
	id, revision := component.ID, component.Revision
	check := func(name string) error {
		for i := range p.State.Components {
			if other := &p.State.Components[i]; other.ID != id && engine.SameName(other.Name, name) {
				return engine.ErrNameTaken
			}
		}
		return engine.CheckComponentName(name)
	}
	askText(p.console, component, "Rename "+component.Name, "Name", component.Name, "rules that name it are changed too", check, func(e *edit, name string) {
		e.apply(engine.Change{Rename: &engine.Renaming{Component: id, Revision: revision, Name: name}}, "Rename to "+name+"?", "Component "+component.Name+" renamed to "+name, p.askName)
	})
}

// tags edits the tags of the selected component, or of several.
func (p *view) tags() {
	if several := p.changeable(); len(several) > 1 {
		p.askSeveralTags(several)
		return
	}
	if component := p.editable(); component != nil {
		p.askTags(component.Component)
	}
}

func (p *view) askTags(component engine.Component) {
	id, revision, name := component.ID, component.Revision, component.Name
	check := func(text string) error {
		_, err := model.ParseTags(text)
		return err
	}
	e := newEdit(p.console, "Tags of "+name, fyne.NewSize(460, 200))
	e.watch(component)
	entry := p.tagEntry(e.dialog, strings.Join(component.Tags, ", "), func(text string) { e.show(check(text)) })
	e.field = kit.NewFormField("Tags", entry.WithPlus(), "with commas between them, such as branch, linux; rules and routes can name them")
	e.askIn(entry, &entry.Entry, check, func(e *edit, text string) {
		tags, err := model.ParseTags(text)
		if err != nil {
			return
		}
		e.apply(engine.Change{Tags: &engine.TagChange{Component: id, Revision: revision, Tags: tags}}, "Change the tags of "+name+"?", "Tags of "+name+" changed", p.askTags)
	})
}

// limit asks for the component's own limit on what it sends.
func (p *view) limit() {
	if component := p.editable(); component != nil {
		p.askLimit(component.Component)
	}
}

func (p *view) askLimit(component engine.Component) {
	id, revision, name, present := component.ID, component.Revision, component.Name, component.LocalLimit
	e := newEdit(p.console, "Own limit of "+name, fyne.NewSize(480, 270))
	e.watch(component)
	var value *kit.FormEntry
	unit := page.UnitSelect(engine.MegabitsPerSecond, nil)
	limited := widget.NewCheck("Limit what this component sends", nil)
	read := func() (*engine.Limit, error) {
		if !limited.Checked {
			return nil, nil
		}
		return model.ParseLimit(value.Text, engine.Unit(unit.Selected))
	}
	check := func() {
		_, err := read()
		e.show(err)
		e.field.Show(limited.Checked)
	}
	value = e.dialog.Entry("100", "100", func(string) { check() })
	if present != nil {
		limited.Checked, value.Text, unit.Selected = true, strconv.FormatUint(present.Value, 10), string(present.Unit)
	}
	e.field = kit.NewFormField("Limit", kit.Border(nil, nil, nil, unit, value), "shared by all of its sessions")
	limited.OnChanged = func(bool) { check() }
	unit.OnChanged = func(string) { check() }
	e.save.OnTapped = func() {
		if limit, err := read(); err == nil {
			e.apply(engine.Change{Limit: &engine.LimitChange{Component: id, Revision: revision, Limit: limit}}, "Change the limit of "+name+"?", "Limit of "+name+" changed", p.askLimit)
		}
	}
	e.dialog.Set(container.NewVBox(e.meanwhile, limited, e.dialog.Rows(e.field), kit.NewNotice(theme.InfoIcon(), kit.ColorMuted, "It limits all that this machine sends in its sessions, from 2 seconds after you save. The limits of rules hold as well.")),
		widget.NewButton("Cancel", e.dialog.Close), e.save)
	check()
}
