package settings

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// Names of the settings as files and the command line have them.
const (
	settingAutomatic = "DisablePublicIPTrafficEncryption"
	settingCut       = "CutSessionsThatShouldBeSealed"
	settingTimeZone  = "TimeZone"
	settingLinger    = "LingerSeconds"
	settingDNS       = "DNSServer"
	settingStreams   = "MultipleUploadStreams"
)

// PreferNotifications is the preference that turns notifications off; they are on where nothing was chosen.
const PreferNotifications = "notifications"

// view shows the settings of the installation and of this window.
type view struct {
	console *page.Console
	stage   *kit.PageStage
	full    fyne.CanvasObject
	failed  *kit.Placeholder
	state   *model.State
	// shown is what the fields were last filled with, revisions are those of the settings in it.
	shown     *engine.Settings
	revisions map[string]int64

	automatic                *automaticPart
	cut                      *widget.Check
	linger, timeZone, dns    *settingField
	streams                  *settingField
	preferred                *preferredField
	appearance               *widget.Select
	installation             *kit.DetailList
	backup, addAdministrator *widget.Button
	administrators           *administratorList
	alarms                   *alarmsPart
	changing                 []fyne.CanvasObject // absent for who may only view
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c, installation: kit.NewDetailList()}
	p.automatic = newAutomaticPart(p.setAutomatic, p.replace)
	p.cut = widget.NewCheck("Cut sessions that should now be sealed", func(on bool) {
		p.set(settingCut, map[bool]string{true: "1", false: "0"}[on])
	})
	p.linger = newSettingField(p, "Linger", settingLinger, "seconds that a session without a connection waits for the next one; usually 15, at most 600")
	p.streams = newSettingField(p, "Multiple upload streams", settingStreams, "of one sealed connection over a long path, at most 100, usually 5; 0 is off")
	p.dns = newSettingField(p, "DNS server", settingDNS, "that host: names in rules are asked of, such as 10.0.0.53, or up to three with commas; empty means those of the broker's system")
	p.timeZone = newSettingField(p, "Time zone", settingTimeZone, "of schedules that name none, such as Europe/Berlin; empty means that of the broker's system")
	p.preferred = newPreferredField(p)
	p.administrators = newAdministratorList(p)
	p.alarms = newAlarmsPart(p)
	p.backup = widget.NewButtonWithIcon("Back up now…", theme.DocumentSaveIcon(), func() { showBackup(c, p.state) })
	p.addAdministrator = widget.NewButtonWithIcon("Add administrator…", theme.ContentAddIcon(), p.add)
	p.full = container.NewVScroll(container.New(columnWidth(760), p.build()))
	p.failed = kit.NewPlaceholder(theme.ErrorIcon(), "No settings", "", nil)
	p.stage = kit.NewPageStage(kit.NewBusy("Reading the settings…").Content)
	return p
}

func (p *view) build() fyne.CanvasObject {
	rows := container.NewVBox(
		kit.Section("Automatic encryption"),
		kit.Wrapped("Traffic that touches a public address is encrypted automatically where no rule says otherwise. This switch turns that off. Rules that encrypt still hold."),
		p.automatic.content,
		kit.Section("Sessions"),
		kit.Wrapped("When a rule changes, sessions that run finish as they began and are marked stale. This switch ends a plain one at once when it should now be sealed; the backup tool has to begin again."),
		p.cut,
		kit.FormRows(p.linger.field, p.streams.field, p.timeZone.field, p.dns.field),
		kit.Section("Preferred networks"),
		kit.Wrapped("A source dials its target in one of these networks where both have an address in them, such as networks made for backups. What is encrypted does not depend on it."),
		kit.FormRows(p.preferred.fields...),
	)
	rows.Add(kit.Section("Alarms"))
	rows.Add(kit.Wrapped("The broker tells a syslog server or a webhook what newly needs attention, also while no console is open. An alarm holds names, addresses and reasons, and never a secret."))
	rows.Add(p.alarms.content)
	if p.console.SetAppearance != nil {
		rows.Add(kit.Section("Appearance"))
		p.appearance = widget.NewSelect(appearanceChoices(), nil)
		p.appearance.Selected = appearanceWords[presentAppearance()]
		p.appearance.OnChanged = func(chosen string) {
			for _, a := range kit.Appearances {
				if appearanceWords[a] == chosen {
					p.console.SetAppearance(a)
				}
			}
		}
		rows.Add(kit.FormRows(kit.NewFormField("Theme", container.NewHBox(container.NewGridWrap(fyne.NewSize(220, p.appearance.MinSize().Height), p.appearance)), "of this window")))
	}
	if p.console.Notifies {
		rows.Add(kit.Section("Notifications"))
		notify := widget.NewCheck("Notify when something newly needs attention", func(on bool) { p.console.Preferences.SetBool(PreferNotifications, on) })
		notify.Checked = p.console.Preferences.BoolWithFallback(PreferNotifications, true)
		rows.Add(notify)
		rows.Add(kit.Wrapped("While this window is not in front, at most once in ten minutes. A notification gives no details, because others may see the screen."))
	}
	rows.Add(kit.Section("Installation"))
	rows.Add(p.installation.Content)
	backup := container.NewVBox(kit.Section("Backup"),
		kit.Wrapped("A backup is one file with the whole record and the authority's key, which is sealed under a passphrase of your choice. With it, lockwired restore brings the installation back on another machine."),
		kit.ButtonRow(p.backup))
	adding := kit.ButtonRow(p.addAdministrator)
	rows.Add(backup)
	rows.Add(kit.Section("Administrators elsewhere"))
	rows.Add(kit.Wrapped("People who reach this broker from another machine, with a certificate of their own. Root on the broker's machine needs none."))
	rows.Add(p.administrators.content)
	rows.Add(adding)
	if p.console.OtherBrokers != nil {
		rows.Add(kit.Section("Other brokers"))
		rows.Add(kit.Wrapped("A broker on another machine opens in its own window. You must be one of its administrators, or have a token to become one."))
		rows.Add(kit.ButtonRow(widget.NewButton("Open another broker…", func() { showOtherBroker(p.console) })))
	}
	rows.Add(layout.NewSpacer())
	p.changing = []fyne.CanvasObject{backup, adding}
	return rows
}

// Name is settings.
func (p *view) Name() string { return "settings" }

// Title is the word on the rail.
func (p *view) Title() string { return "Settings" }

// Icon is a wheel.
func (p *view) Icon() fyne.Resource { return theme.SettingsIcon() }

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.stage.Content }

// Commands are what the page can do.
func (p *view) Commands() []page.Command {
	commands := []page.Command{
		{Title: "Back up now…", Run: func() { p.withState(func() { showBackup(p.console, p.state) }) }, Changes: true, Finds: "backup save installation passphrase"},
		{Title: "Add administrator…", Run: func() { p.withState(p.add) }, Changes: true, Finds: "new token person"},
	}
	if p.console.OtherBrokers != nil {
		commands = append(commands, page.Command{Title: "Open another broker…", Run: func() { showOtherBroker(p.console) }, Finds: "attach elsewhere console"})
	}
	if p.console.SetAppearance != nil {
		for _, a := range kit.Appearances {
			commands = append(commands, page.Command{Title: "Theme: " + appearanceWords[a], Run: func() { p.console.SetAppearance(a) }, Finds: "appearance colours"})
		}
	}
	return commands
}

func (p *view) withState(run func()) {
	if p.state != nil && p.state.MayChange() {
		run()
	}
}

// Find gives each setting by its words and by its name in files.
func (p *view) Find(*model.State) []page.Found {
	var found []page.Found
	for _, setting := range engine.SettingNames() {
		found = append(found, page.Found{Page: p.Name(), Text: "setting " + setting.Name + ": " + setting.About})
	}
	return found
}

// Leave keeps the state lean.
func (p *view) Leave() { p.state = p.state.Lean() }

// Update shows the newest settings. A field that is being typed in keeps its text.
func (p *view) Update(state *model.State) {
	if state.Installation.ID == "" {
		if state.Problem != "" {
			p.failed.Text.SetText("The broker could not be asked: " + state.Problem + ". It is tried again.")
			p.stage.Show(p.failed.Content)
		}
		return
	}
	p.state = state
	p.stage.Show(p.full)
	if p.shown == nil || *p.shown != state.Rules.Settings || !maps.Equal(p.revisions, state.Rules.SettingRevisions) {
		p.know(&state.Rules.Settings, state.Rules.SettingRevisions)
	} else {
		p.fillTyped() // what was being typed may be so no more
	}
	p.preferred.fill(state.Rules.PreferredNetworks, state.Rules.PreferredRevision)
	p.installation.Set(installationFacts(p.console, state))
	p.showRights(state.MayChange())
	p.showAutomatic()
	p.administrators.update(state)
	p.alarms.update(state)
}

// know takes over the settings as they are now.
func (p *view) know(settings *engine.Settings, revisions map[string]int64) {
	known := *settings
	p.shown, p.revisions = &known, revisions
	p.fill(&known)
}

func (p *view) fill(settings *engine.Settings) {
	p.showAutomatic()
	setCheck(p.cut, settings.CutSessionsThatShouldBeSealed == 1)
	p.fillTyped()
}

// showAutomatic shows the override as it holds, with the settings that are shown.
func (p *view) showAutomatic() {
	rules := engine.RuleSet{Settings: *p.shown, Prescribed: p.state.Rules.Prescribed}
	height := p.automatic.content.MinSize().Height
	p.automatic.show(&rules, p.state.MayChange())
	if p.automatic.content.MinSize().Height != height {
		p.full.Refresh() // what is below makes room
	}
}

func (p *view) fillTyped() {
	p.linger.fill(strconv.Itoa(int(p.shown.Linger().Seconds())), p.revisions[settingLinger])
	p.streams.fill(strconv.Itoa(p.shown.MultipleUploadStreams), p.revisions[settingStreams])
	p.timeZone.fill(p.shown.TimeZone, p.revisions[settingTimeZone])
	p.dns.fill(p.shown.DNSServer, p.revisions[settingDNS])
}

// setCheck sets a check without its callback.
func setCheck(check *widget.Check, on bool) {
	if check.Checked != on {
		check.Checked = on
		check.Refresh()
	}
}

// showRights hides what changes things from users who may only view, and disables what shows a value.
func (p *view) showRights(mayChange bool) {
	for _, o := range p.changing {
		if o.Visible() != mayChange {
			if mayChange {
				o.Show()
			} else {
				o.Hide()
			}
		}
	}
	for _, o := range []fyne.Disableable{p.cut, p.linger.entry, p.streams.entry, p.timeZone.entry, p.dns.entry} {
		switch {
		case mayChange && o.Disabled():
			o.Enable()
		case !mayChange && !o.Disabled():
			o.Disable()
		}
	}
	p.linger.showRights(mayChange)
	p.streams.showRights(mayChange)
	p.preferred.showRights(mayChange)
	p.timeZone.showRights(mayChange)
	p.dns.showRights(mayChange)
}

// setAutomatic turns automatic encryption off or on. What that would turn plain is listed first.
func (p *view) setAutomatic(off bool) {
	p.set(settingAutomatic, map[bool]string{true: "1", false: "0"}[off])
}

// replace opens the dialog that puts trusted links in the place of the override.
func (p *view) replace() { showReplace(p.console, p.state) }

// set changes one setting that is shown at once, and shows the stored value again if the change was refused or cancelled.
func (p *view) set(name, value string) {
	if p.shown == nil {
		return
	}
	if present, err := p.shown.Get(name); err == nil && present == value {
		return
	}
	p.change(name, value, p.revisions[name])
}

// change changes one setting from the revision that was read of it.
func (p *view) change(name, value string, revision int64) {
	a := &page.Asking{
		Console: p.console, Change: engine.Change{Setting: &engine.SettingChange{Name: name, Value: value, Revision: revision}},
		Question: "Change this setting: " + engine.SettingWords(name) + "?", Told: "Setting changed: " + engine.SettingWords(name), Left: p.restore,
		Failed: func(err error) {
			p.restore()
			kit.ShowError(p.console.Window, "Nothing was changed", err)
		},
		Reload: func(now engine.Present) {
			for _, field := range []*settingField{p.linger, p.streams, p.timeZone, p.dns} {
				if field.name == name {
					field.leave()
				}
			}
			revisions := maps.Clone(p.revisions)
			revisions[name] = now.Revision
			p.know(now.Settings, revisions)
		},
	}
	a.Begin()
}

// restore fills the fields with the stored values.
func (p *view) restore() {
	if p.shown != nil {
		p.fill(p.shown)
	}
}

// settingField is a setting that is typed, with a button that keeps it.
type settingField struct {
	page  *view
	name  string
	entry *widget.Entry
	save  *widget.Button
	field *kit.FormField
	// kept is the value that stood in the field before something was typed, and revision is that of the setting then: what somebody else
	// saves meanwhile is not written over.
	kept     string
	revision int64
	theirs   error // says what somebody else has set meanwhile, while something else is typed; nil for nothing
}

func newSettingField(p *view, title, name, hint string) *settingField {
	f := &settingField{page: p, name: name, entry: widget.NewEntry()}
	f.save = widget.NewButton("Save", f.submit)
	f.save.Hide()
	f.entry.OnChanged = func(string) { f.check() }
	f.entry.OnSubmitted = func(string) { f.submit() }
	f.field = kit.NewFormField(title, container.NewHBox(container.NewGridWrap(fyne.NewSize(220, f.entry.MinSize().Height), f.entry), f.save), hint)
	return f
}

func (f *settingField) fill(text string, revision int64) {
	switch {
	case f.entry.Text == f.kept || f.entry.Text == text || revision > f.revision && f.stored(): // nobody is typing, or what was typed is stored
		f.kept, f.revision = text, revision
		f.leave()
	case revision > f.revision:
		f.theirs = fmt.Errorf("somebody else has set %q meanwhile; saving shows both first", text)
	}
	f.check()
}

// stored tells whether what is typed is the setting as it is, in whatever form: a linger of 0 is the usual one, and spaces around it do not count.
func (f *settingField) stored() bool {
	settings := *f.page.shown
	return settings.Set(f.name, strings.TrimSpace(f.entry.Text)) == nil && settings == *f.page.shown
}

// leave throws away what was typed.
func (f *settingField) leave() {
	f.theirs = nil
	if f.entry.Text != f.kept {
		f.entry.Text = f.kept
		f.entry.Refresh()
	}
}

// check shows an error beside the field if the engine would refuse its value.
func (f *settingField) check() error {
	settings := engine.Settings{}
	if f.page.shown != nil {
		settings = *f.page.shown
	}
	err := settings.Set(f.name, strings.TrimSpace(f.entry.Text))
	switch {
	case err != nil && f.name == settingLinger:
		err = fmt.Errorf("%w, such as 15", text.FieldError(err))
	case err != nil && f.name == settingStreams:
		err = fmt.Errorf("%w, such as 5", text.FieldError(err))
	}
	f.field.SetError(cmp.Or(err, f.theirs))
	if f.entry.Text != f.kept && err == nil && !f.entry.Disabled() {
		f.save.Show()
	} else {
		f.save.Hide()
	}
	return err
}

func (f *settingField) submit() {
	if f.check() == nil && f.entry.Text != f.kept {
		f.page.change(f.name, strings.TrimSpace(f.entry.Text), f.revision)
	}
}

func (f *settingField) showRights(mayChange bool) {
	if !mayChange {
		f.save.Hide()
	}
}

var appearanceWords = map[kit.Appearance]string{kit.System: "as the desktop is", kit.Light: "light", kit.Dark: "dark", kit.Contrast: "high contrast"}

func appearanceChoices() []string {
	words := make([]string, len(kit.Appearances))
	for i, a := range kit.Appearances {
		words[i] = appearanceWords[a]
	}
	return words
}

// presentAppearance is the theme in force.
func presentAppearance() kit.Appearance {
	if t, ok := fyne.CurrentApp().Settings().Theme().(kit.Theme); ok && t.Appearance != "" {
		return t.Appearance
	}
	return kit.System
}

func installationFacts(c *page.Console, state *model.State) []kit.Detail {
	in := &state.Installation
	pin := ""
	if in.CAPin != (engine.KeyID{}) {
		pin = in.CAPin.String()
	}
	broker := "not running"
	if in.Running {
		broker = "running since " + text.Time(in.Started)
	}
	return []kit.Detail{
		{Name: "Version", Value: in.Version, Copied: true},
		{Name: "Installation", Value: string(in.ID), Copied: true},
		{Name: "Broker", Value: broker},
		{Name: "Addresses", Value: strings.Join(in.Addresses, "\n"), Copied: true},
		{Name: "CA pin", Value: pin, Copied: true},
		{Name: "Data folder", Value: c.DataFolder, Copied: true},
		{Name: "You are", Value: string(in.Who) + map[engine.AdministratorRole]string{engine.MayView: ", with the right to view", engine.MayChange: ", with the right to change"}[in.Role]},
	}
}

// columnWidth limits the width of its only object, at the left.
type columnWidth float32

// Layout gives the object the width, or less where there is less.
func (w columnWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(fyne.NewSize(min(float32(w), size.Width), size.Height))
	}
}

// MinSize is the object's, with at most this width.
func (w columnWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	return fyne.NewSize(min(size.Width, float32(w)), size.Height)
}

func listAdministrators(c *page.Console, done func([]engine.Administrator, error)) {
	kit.Fetch(c.Background, func(ctx context.Context) ([]engine.Administrator, error) { return c.Admin.Administrators(ctx) }, done)
}
