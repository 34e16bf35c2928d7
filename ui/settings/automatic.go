package settings

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
)

// automaticPart is the switch that turns automatic encryption off, with what is to be known of it.
type automaticPart struct {
	check      *widget.Check
	off        *kit.Notice     // while it is off
	prescribed *kit.Notice     // while the broker's machine prescribes it
	replacing  *fyne.Container // the button that puts trusted links in the place of the override
	content    *fyne.Container // all of it
}

func newAutomaticPart(set func(bool), replace func()) *automaticPart {
	p := &automaticPart{
		check:      widget.NewCheck("Turn automatic encryption off", set),
		off:        kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, "Automatic encryption is off: traffic that touches a public address is sealed only where a rule says so."),
		prescribed: kit.NewNotice(theme.InfoIcon(), kit.ColorMuted, ""),
		replacing:  container.NewHBox(widget.NewButton("Replace by trusted links…", replace)),
	}
	p.prescribed.Hide()
	p.content = container.NewVBox(p.check, p.prescribed, p.off, p.replacing)
	return p
}

// show shows what holds: the setting, or what the broker's machine prescribes, which cannot be changed here.
func (p *automaticPart) show(rules *engine.RuleSet, mayChange bool) {
	inForce := rules.InForce()
	off, by := inForce.DisablePublicIPTrafficEncryption == 1, rules.OverrideSetBy()
	setCheck(p.check, off)
	kit.Present(p.off, off)
	kit.Present(p.replacing, off && mayChange)
	if by != "" {
		p.prescribed.SetText("It is " + by + ", and wins over this setting. Change it there, or remove it there so that this setting counts.")
	}
	kit.Present(p.prescribed, by != "")
	switch editable := mayChange && by == ""; {
	case editable && p.check.Disabled():
		p.check.Enable()
	case !editable && !p.check.Disabled():
		p.check.Disable()
	}
}
