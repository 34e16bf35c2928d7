package settings

import (
	"context"
	"errors"
	"fmt"
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

// alarmDialog edits one part of the settings of alarms, from a copy of what was read.
type alarmDialog struct {
	part    *alarmsPart
	before  engine.AlarmSettings
	dialog  *kit.FormDialog
	fields  map[string]*kit.FormField // by the engine's name
	problem *kit.Notice
	save    *widget.Button
	// read gives the settings as they are typed, and the secrets.
	read func() engine.AlarmEdit
}

// newAlarmDialog opens a dialog. Forget wipes what is typed and may not stay.
func newAlarmDialog(a *alarmsPart, title string, size fyne.Size, forget func()) *alarmDialog {
	d := &alarmDialog{part: a, before: a.shown.Settings, fields: map[string]*kit.FormField{}, problem: kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "")}
	d.problem.Hide()
	d.dialog = kit.ShowForm(a.page.console.Window, title, size, forget)
	d.save = widget.NewButton("Save", d.submit)
	d.save.Importance = widget.HighImportance
	return d
}

// show shows the dialog's content; taking away is offered where there is something.
func (d *alarmDialog) show(content fyne.CanvasObject, takeAway func(*engine.AlarmSettings)) {
	buttons := []*widget.Button{widget.NewButton("Cancel", d.dialog.Close)}
	if takeAway != nil {
		buttons = append(buttons, widget.NewButton("Take it away", func() {
			edit := engine.AlarmEdit{Settings: d.before}
			takeAway(&edit.Settings)
			d.put(edit)
		}))
	}
	d.dialog.Set(container.NewVBox(content, d.problem), append(buttons, d.save)...)
}

// check says beside the fields what the engine would refuse, once something is typed.
func (d *alarmDialog) check() {
	edit := d.read()
	err := edit.Settings.Check()
	if err == nil && edit.Secrets.WebhookKey != "" {
		err = engine.CheckWebhookKey(edit.Secrets.WebhookKey)
	}
	for name, field := range d.fields {
		if text.FieldOf(err) == name {
			field.SetError(text.FieldError(err))
		} else {
			field.SetError(nil)
		}
	}
	if err == nil {
		d.save.Enable()
	} else {
		d.save.Disable()
	}
}

func (d *alarmDialog) submit() { d.put(d.read()) }

func (d *alarmDialog) put(edit engine.AlarmEdit) {
	c := d.part.page.console
	d.save.Disable()
	kit.Fetch(c.Background, func(ctx context.Context) (engine.Alarms, error) { return c.Admin.PutAlarms(ctx, edit) }, func(alarms engine.Alarms, err error) {
		switch {
		case err == nil:
			d.dialog.Close()
			c.Tell("Alarms changed")
			d.part.show(alarms)
			c.Refresh()
		case d.dialog.Done:
		default:
			d.save.Enable()
			d.problem.SetText("Nothing was changed: " + changedMeanwhile(err).Error())
			d.problem.Show()
			d.dialog.Grow()
		}
	})
}

// changedMeanwhile says what to do where somebody else has saved.
func changedMeanwhile(err error) error {
	if errors.Is(err, engine.ErrOutdated) {
		return errors.New("somebody else has changed the alarms meanwhile; close this and open it again")
	}
	return err
}

// transports are the ways to a syslog server, as they are chosen.
var transports = []struct {
	words     string
	transport engine.SyslogTransport
}{
	{"TLS: encrypted, the server's certificate verified", engine.SyslogTLS}, {"TCP: can be read on the way", engine.SyslogTCP}, {"UDP: can be read on the way, and what is lost is not noticed", engine.SyslogUDP},
}

func showSyslog(a *alarmsPart) *alarmDialog {
	d := newAlarmDialog(a, "Alarms to a syslog server", fyne.NewSize(620, 340), nil)
	present := engine.SyslogReceiver{Transport: engine.SyslogTLS}
	if d.before.Syslog != nil {
		present = *d.before.Syslog
	}
	check := func(string) { d.check() }
	address := d.dialog.Entry(present.Address, "logs.example.org:6514", check)
	words := make([]string, len(transports))
	chosen := 0
	for i, t := range transports {
		words[i] = t.words
		if t.transport == present.Transport {
			chosen = i
		}
	}
	transport := widget.NewSelect(words, nil)
	transport.Selected = words[chosen]
	ca := certificatesEntry(present.CA, check)
	d.fields["address"] = kit.NewFormField("Server", address, "HOST:PORT; it takes RFC 5424")
	d.fields["ca"] = kit.NewFormField("Certificates", ca, "in PEM, that the server's comes from; empty means those of the broker's system")
	transport.OnChanged = func(string) {
		d.fields["ca"].Show(transport.SelectedIndex() == 0)
		d.check()
	}
	d.read = func() engine.AlarmEdit {
		edit := engine.AlarmEdit{Settings: d.before}
		receiver := engine.SyslogReceiver{Address: strings.TrimSpace(address.Text), Transport: transports[max(transport.SelectedIndex(), 0)].transport}
		if receiver.Transport == engine.SyslogTLS {
			receiver.CA = strings.TrimSpace(ca.Text)
		}
		edit.Settings.Syslog = &receiver
		return edit
	}
	var away func(*engine.AlarmSettings)
	if d.before.Syslog != nil {
		away = func(s *engine.AlarmSettings) { s.Syslog = nil }
	}
	d.show(d.dialog.Rows(d.fields["address"], kit.NewFormRow("Over", transport), d.fields["ca"]), away)
	d.fields["ca"].Show(present.Transport == engine.SyslogTLS)
	d.begin(address.Text != "")
	a.page.console.Window.Canvas().Focus(address)
	return d
}

// begin shows no error beside fields in which nothing was typed yet.
func (d *alarmDialog) begin(filled bool) {
	if filled {
		d.check()
	} else {
		d.save.Disable()
	}
}

func certificatesEntry(present string, changed func(string)) *widget.Entry {
	ca := widget.NewMultiLineEntry()
	ca.TextStyle.Monospace = true
	ca.SetMinRowsVisible(3)
	ca.SetPlaceHolder("-----BEGIN CERTIFICATE-----")
	ca.Text = present
	ca.OnChanged = changed
	return ca
}

func showWebhook(a *alarmsPart) *alarmDialog {
	var key *kit.FormEntry
	d := newAlarmDialog(a, "Alarms to a webhook", fyne.NewSize(620, 410), func() { key.Text = "" })
	var present engine.WebhookReceiver
	if d.before.Webhook != nil {
		present = *d.before.Webhook
	}
	check := func(string) { d.check() }
	url := d.dialog.Entry(present.URL, "https://alarms.example.org/lockwire", check)
	key = d.dialog.Entry("", "", check)
	key.Password = true
	ca := certificatesEntry(present.CA, check)
	hint := fmt.Sprintf("%d to %d characters, which the receiver knows too; it signs each alarm and is never shown again", engine.MinimumWebhookKey, engine.MaximumWebhookKey)
	if a.shown.WebhookKey {
		hint = "empty leaves the one that is kept; another address needs it anew"
	}
	d.fields["url"] = kit.NewFormField("Address", url, "every administrator sees it; over http:// alarms can be read on the way; a redirect is not followed")
	d.fields["key"] = kit.NewFormField("Key", key, hint)
	d.fields["ca"] = kit.NewFormField("Certificates", ca, "in PEM, that the server's comes from; empty means those of the broker's system")
	d.read = func() engine.AlarmEdit {
		edit := engine.AlarmEdit{Settings: d.before, Secrets: engine.AlarmSecrets{WebhookKey: key.Text}}
		edit.Settings.Webhook = &engine.WebhookReceiver{URL: strings.TrimSpace(url.Text), CA: strings.TrimSpace(ca.Text)}
		return edit
	}
	var away func(*engine.AlarmSettings)
	if d.before.Webhook != nil {
		away = func(s *engine.AlarmSettings) { s.Webhook = nil }
	}
	d.show(d.dialog.Rows(d.fields["url"], d.fields["key"], d.fields["ca"]), away)
	d.begin(url.Text != "")
	a.page.console.Window.Canvas().Focus(url)
	return d
}

// chooseKinds is the dialog with a check for each kind.
func (a *alarmsPart) chooseKinds() {
	d := newAlarmDialog(a, "What is told as an alarm", fyne.NewSize(640, 560), nil)
	chosen := d.before
	rows := container.NewVBox(kit.Wrapped("A finding of a kind that is ticked becomes an alarm when it is new. Many of one kind at once are one alarm."))
	for _, severity := range engine.Severities {
		rows.Add(kit.BoldLabel(map[engine.Severity]string{engine.Critical: "Critical", engine.Warning: "Warnings", engine.Advice: "Advice"}[severity]))
		for _, kind := range engine.FindingKinds() {
			if kind.Severity() != severity {
				continue
			}
			check := widget.NewCheck(text.Capital(kind.Many()), func(on bool) { chosen.Switch(kind, on) })
			check.Checked = chosen.Wants(kind)
			rows.Add(check)
		}
	}
	d.read = func() engine.AlarmEdit {
		chosen.On, chosen.Off = slices.Clone(chosen.On), slices.Clone(chosen.Off)
		return engine.AlarmEdit{Settings: chosen}
	}
	d.show(rows, nil)
}
