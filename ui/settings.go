package ui

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

// Names of the settings as files and the command line have them.
const (
	settingAutomatic = "DisablePublicIPTrafficEncryption"
	settingCut       = "CutSessionsThatShouldBeSealed"
	settingTimeZone  = "TimeZone"
	settingLinger    = "LingerSeconds"
)

// PreferNotifications is the preference that turns notifications off; they are on where nothing was chosen.
const PreferNotifications = "notifications"

// SettingsPage is what holds for the whole installation, and for this window.
type SettingsPage struct {
	console *Console
	stage   *pageStage
	full    fyne.CanvasObject
	failed  *placeholder
	state   *State
	shown   *engine.Settings // what the fields were last filled with

	automatic, cut           *widget.Check
	automaticNote            *notice
	linger, timeZone         *settingField
	appearance               *widget.Select
	installation             *detailList
	backup, addAdministrator *widget.Button
	administrators           *administratorList
	changing                 []fyne.CanvasObject // absent for who may only view
}

// NewSettingsPage makes the page.
func NewSettingsPage(c *Console) Page {
	p := &SettingsPage{console: c, installation: newDetailList()}
	p.automatic = widget.NewCheck("Turn automatic encryption off", p.setAutomatic)
	p.automaticNote = newNotice(theme.WarningIcon(), ColorPlain, "Automatic encryption is off: traffic that touches a public address is sealed only where a rule says so.")
	p.cut = widget.NewCheck("Cut sessions that should now be sealed", func(on bool) {
		p.set(settingCut, map[bool]string{true: "1", false: "0"}[on])
	})
	p.linger = newSettingField(p, "Linger", settingLinger, "seconds that a session without a connection waits for the next one; 0 means 15, at most 600")
	p.timeZone = newSettingField(p, "Time zone", settingTimeZone, "of schedules that name none, such as Europe/Berlin; empty means that of the broker's system")
	p.administrators = newAdministratorList(p)
	p.backup = widget.NewButtonWithIcon("Back up now…", theme.DocumentSaveIcon(), func() { showBackup(c, p.state) })
	p.addAdministrator = widget.NewButtonWithIcon("Add administrator…", theme.ContentAddIcon(), p.add)
	p.full = container.NewVScroll(container.New(columnWidth(760), p.build()))
	p.failed = newPlaceholder(theme.ErrorIcon(), "No settings", "", nil)
	p.stage = newPageStage(busyText("Reading the settings…").content)
	return p
}

func (p *SettingsPage) build() fyne.CanvasObject {
	rows := container.NewVBox(
		section("Encryption"),
		wrapped("Traffic that touches a public address is encrypted automatically where no rule says otherwise. This switch turns that off. Rules hold all the same."),
		p.automatic, p.automaticNote,
		section("Sessions"),
		wrapped("When a rule changes, sessions that run finish as they began and are marked stale. This switch ends a plain one at once when it should now be sealed; the backup tool has to begin again."),
		p.cut,
		formRows(p.linger.field, p.timeZone.field),
	)
	if p.console.SetAppearance != nil {
		rows.Add(section("Appearance"))
		p.appearance = widget.NewSelect(appearanceChoices(), nil)
		p.appearance.Selected = appearanceWords[presentAppearance()]
		p.appearance.OnChanged = func(chosen string) {
			for _, a := range Appearances {
				if appearanceWords[a] == chosen {
					p.console.SetAppearance(a)
				}
			}
		}
		rows.Add(formRows(newFormField("Theme", container.NewHBox(container.NewGridWrap(fyne.NewSize(220, p.appearance.MinSize().Height), p.appearance)), "of this window")))
	}
	if p.console.Notifies {
		rows.Add(section("Notifications"))
		notify := widget.NewCheck("Notify when something newly needs attention", func(on bool) { p.console.Preferences.SetBool(PreferNotifications, on) })
		notify.Checked = p.console.Preferences.BoolWithFallback(PreferNotifications, true)
		rows.Add(notify)
		rows.Add(wrapped("While this window is not in front, at most once in ten minutes. A notification says no more than that there is something: others may see the screen."))
	}
	rows.Add(section("Installation"))
	rows.Add(p.installation.content)
	backup := container.NewVBox(section("Backup"),
		wrapped("A backup is one file with the whole record and the authority's key, which is sealed under a passphrase of your choice. With it, lockwired restore brings the installation back on another machine."),
		container.NewHBox(p.backup))
	adding := container.NewHBox(p.addAdministrator)
	rows.Add(backup)
	rows.Add(section("Administrators elsewhere"))
	rows.Add(wrapped("People who reach this broker from another machine, with a certificate of their own. Who works on the broker's machine as root needs none."))
	rows.Add(p.administrators.content)
	rows.Add(adding)
	if p.console.OtherBrokers != nil {
		rows.Add(section("Other brokers"))
		rows.Add(wrapped("A broker on another machine opens in a window of its own, where you are an administrator of it or have a token to become one."))
		rows.Add(container.NewHBox(widget.NewButton("Open another broker…", func() { showOtherBroker(p.console) })))
	}
	rows.Add(layout.NewSpacer())
	p.changing = []fyne.CanvasObject{backup, adding}
	return rows
}

// Name is settings.
func (p *SettingsPage) Name() string { return "settings" }

// Title is the word on the rail.
func (p *SettingsPage) Title() string { return "Settings" }

// Icon is a wheel.
func (p *SettingsPage) Icon() fyne.Resource { return theme.SettingsIcon() }

// Content is the page.
func (p *SettingsPage) Content() fyne.CanvasObject { return p.stage.content }

// Commands are what the page can do.
func (p *SettingsPage) Commands() []Command {
	return []Command{
		{Title: "Back up now…", Run: func() { p.withState(func() { showBackup(p.console, p.state) }) }, Changes: true},
		{Title: "Add administrator…", Run: func() { p.withState(p.add) }, Changes: true},
	}
}

func (p *SettingsPage) withState(run func()) {
	if p.state != nil && p.state.MayChange() {
		run()
	}
}

// Find gives each setting by its words and by its name in files.
func (p *SettingsPage) Find(*State) []Found {
	var found []Found
	for _, setting := range engine.SettingNames() {
		found = append(found, Found{Page: p.Name(), Text: "setting " + setting.Name + ": " + setting.About})
	}
	return found
}

// Update shows the newest settings. A field that is being typed in keeps its text.
func (p *SettingsPage) Update(state *State) {
	if state.Installation.ID == "" {
		if state.Problem != "" {
			p.failed.text.SetText("The broker could not be asked: " + state.Problem + ". It is tried again.")
			p.stage.show(p.failed.content)
		}
		return
	}
	p.state = state
	p.stage.show(p.full)
	if p.shown == nil || *p.shown != state.Rules.Settings {
		settings := state.Rules.Settings
		p.shown = &settings
		p.fill(&settings)
	}
	p.installation.set(installationFacts(p.console, state))
	p.showRights(state.MayChange())
	p.administrators.update(state)
}

func (p *SettingsPage) fill(settings *engine.Settings) {
	setCheck(p.automatic, settings.DisablePublicIPTrafficEncryption == 1)
	setCheck(p.cut, settings.CutSessionsThatShouldBeSealed == 1)
	p.linger.fill(strconv.Itoa(settings.LingerSeconds))
	p.timeZone.fill(settings.TimeZone)
	if settings.DisablePublicIPTrafficEncryption == 1 {
		p.automaticNote.Show()
	} else {
		p.automaticNote.Hide()
	}
}

// setCheck sets a check without its callback.
func setCheck(check *widget.Check, on bool) {
	if check.Checked != on {
		check.Checked = on
		check.Refresh()
	}
}

// showRights takes away what changes things for who may only view; what says how things are stays, and cannot be changed.
func (p *SettingsPage) showRights(mayChange bool) {
	for _, o := range p.changing {
		if o.Visible() != mayChange {
			if mayChange {
				o.Show()
			} else {
				o.Hide()
			}
		}
	}
	for _, o := range []fyne.Disableable{p.automatic, p.cut, p.linger.entry, p.timeZone.entry} {
		switch {
		case mayChange && o.Disabled():
			o.Enable()
		case !mayChange && !o.Disabled():
			o.Disable()
		}
	}
	p.linger.showRights(mayChange)
	p.timeZone.showRights(mayChange)
}

// setAutomatic turns automatic encryption off or on. What that would turn plain is listed first.
func (p *SettingsPage) setAutomatic(off bool) {
	p.set(settingAutomatic, map[bool]string{true: "1", false: "0"}[off])
}

// set changes one setting, and shows again what is so where that was refused or left.
func (p *SettingsPage) set(name, value string) {
	if p.state == nil {
		return
	}
	if present, err := p.state.Rules.Settings.Get(name); err == nil && present == value {
		return
	}
	change := engine.Change{Setting: &engine.SettingChange{Name: name, Value: value}}
	changeAsking(p.console, change, "Change "+settingWords[name]+"?", p.restore)
}

// restore fills the fields with what is so.
func (p *SettingsPage) restore() {
	if p.shown != nil {
		p.fill(p.shown)
	}
}

var settingWords = map[string]string{
	settingAutomatic: "automatic encryption", settingCut: "cutting sessions that should be sealed", settingTimeZone: "the time zone", settingLinger: "linger",
}

// settingField is a setting that is typed, with a button that keeps it.
type settingField struct {
	page  *SettingsPage
	name  string
	entry *widget.Entry
	save  *widget.Button
	field *formField
	kept  string
}

func newSettingField(p *SettingsPage, title, name, hint string) *settingField {
	f := &settingField{page: p, name: name, entry: widget.NewEntry()}
	f.save = widget.NewButton("Save", f.submit)
	f.save.Hide()
	f.entry.OnChanged = func(string) { f.check() }
	f.entry.OnSubmitted = func(string) { f.submit() }
	f.field = newFormField(title, container.NewHBox(container.NewGridWrap(fyne.NewSize(220, f.entry.MinSize().Height), f.entry), f.save), hint)
	return f
}

func (f *settingField) fill(text string) {
	if f.entry.Text == f.kept { // nobody is typing
		f.entry.Text = text
		f.entry.Refresh()
	}
	f.kept = text
	f.check()
}

// check says beside the field whether the engine would take it.
func (f *settingField) check() error {
	settings := engine.Settings{}
	if f.page.shown != nil {
		settings = *f.page.shown
	}
	err := settings.Set(f.name, strings.TrimSpace(f.entry.Text))
	if err != nil && f.name == settingLinger {
		err = fmt.Errorf("%w, such as 15", errorOfField(err))
	}
	f.field.setError(err)
	if f.entry.Text != f.kept && err == nil && !f.entry.Disabled() {
		f.save.Show()
	} else {
		f.save.Hide()
	}
	return err
}

func (f *settingField) submit() {
	if f.check() == nil && f.entry.Text != f.kept {
		f.page.set(f.name, strings.TrimSpace(f.entry.Text))
	}
}

func (f *settingField) showRights(mayChange bool) {
	if !mayChange {
		f.save.Hide()
	}
}

var appearanceWords = map[Appearance]string{System: "as the desktop is", Light: "light", Dark: "dark", Contrast: "high contrast"}

func appearanceChoices() []string {
	words := make([]string, len(Appearances))
	for i, a := range Appearances {
		words[i] = appearanceWords[a]
	}
	return words
}

// presentAppearance is the theme in force.
func presentAppearance() Appearance {
	if t, ok := fyne.CurrentApp().Settings().Theme().(Theme); ok && t.Appearance != "" {
		return t.Appearance
	}
	return System
}

func installationFacts(c *Console, state *State) []detail {
	in := &state.Installation
	pin := ""
	if in.CAPin != (engine.KeyID{}) {
		pin = in.CAPin.String()
	}
	broker := "not running"
	if in.Running {
		broker = "running since " + timeWords(in.Started)
	}
	return []detail{
		{name: "Version", value: in.Version, copied: true},
		{name: "Installation", value: string(in.ID), copied: true},
		{name: "Broker", value: broker},
		{name: "Addresses", value: strings.Join(in.Addresses, "\n"), copied: true},
		{name: "CA pin", value: pin, copied: true},
		{name: "Data folder", value: c.DataFolder, copied: true},
		{name: "You are", value: string(in.Who) + map[engine.AdministratorRole]string{engine.MayView: ", with the right to view", engine.MayChange: ", with the right to change"}[in.Role]},
	}
}

// columnWidth lays its only object out at most so wide, at the left.
type columnWidth float32

// Layout gives the object the width, or less where there is less.
func (w columnWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(fyne.NewSize(min(float32(w), size.Width), size.Height))
	}
}

// MinSize is what the object needs, and never more than the width.
func (w columnWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	return fyne.NewSize(min(size.Width, float32(w)), size.Height)
}

func listAdministrators(c *Console, done func([]engine.Administrator, error)) {
	fetch(c.Background, func(ctx context.Context) ([]engine.Administrator, error) { return c.Admin.Administrators(ctx) }, done)
}
