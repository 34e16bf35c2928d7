package settings

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
)

// preferredModes are the modes in the order in which they are offered, and their words.
var preferredModes = []engine.PreferredMode{engine.PreferredOff, engine.PreferredPrefer, engine.PreferredRequire}

var preferredWords = map[engine.PreferredMode]string{
	engine.PreferredOff: "not used", engine.PreferredPrefer: "preferred", engine.PreferredRequire: "required",
}

// preferredField edits the preferred networks: their mode and the list, which are saved together.
type preferredField struct {
	page     *view
	mode     *widget.Select
	networks *widget.Entry
	save     *widget.Button
	fields   []*kit.FormField // mode, networks
	// kept is what stood in the fields before something was changed, revision is that of then.
	kept     engine.PreferredNetworks
	revision int64
	filled   bool
	theirs   error // says that somebody else has changed them meanwhile; nil for nobody
}

func newPreferredField(p *view) *preferredField {
	f := &preferredField{page: p, networks: widget.NewEntry()}
	words := make([]string, len(preferredModes))
	for i, mode := range preferredModes {
		words[i] = preferredWords[mode]
	}
	f.mode = widget.NewSelect(words, func(string) { f.check() })
	f.networks.PlaceHolder = "10.1.0.0/16, 2001:db8:1::/48"
	f.networks.OnChanged = func(string) { f.check() }
	f.networks.OnSubmitted = func(string) { f.submit() }
	f.save = widget.NewButton("Save", f.submit)
	f.save.Hide()
	row := func(input fyne.CanvasObject, width float32, more ...fyne.CanvasObject) fyne.CanvasObject {
		return container.NewHBox(append([]fyne.CanvasObject{container.NewGridWrap(fyne.NewSize(width, input.MinSize().Height), input)}, more...)...)
	}
	f.fields = []*kit.FormField{
		kit.NewFormField("Networks are", row(f.mode, 220), "preferred: other addresses are used where an end has none in them, and the session says so. Required: the session is refused then"),
		kit.NewFormField("Networks", row(f.networks, 440, f.save), "with commas between them"),
	}
	return f
}

// value reads the fields.
func (f *preferredField) value() (engine.PreferredNetworks, error) {
	var v engine.PreferredNetworks
	if at := slices.Index(f.mode.Options, f.mode.Selected); at >= 0 {
		v.Mode = preferredModes[at]
	}
	for word := range strings.FieldsFuncSeq(f.networks.Text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' }) {
		network, err := engine.ParseNetwork(word)
		if err != nil {
			return v, err
		}
		if slices.Contains(v.Networks, network) {
			return v, fmt.Errorf("%s is there twice", network)
		}
		v.Networks = append(v.Networks, network)
	}
	return v, v.Check()
}

func samePreferred(a, b engine.PreferredNetworks) bool {
	return a.Mode.Shown() == b.Mode.Shown() && slices.Equal(a.Networks, b.Networks)
}

// fill shows what is stored, unless somebody edits the fields.
func (f *preferredField) fill(networks engine.PreferredNetworks, revision int64) {
	if f.filled && revision == f.revision && samePreferred(networks, f.kept) {
		return // each change of a field repaints the whole window
	}
	now, err := f.value()
	if !f.filled || err == nil && (samePreferred(now, f.kept) || samePreferred(now, networks)) {
		f.kept, f.revision, f.filled = networks, revision, true
		f.leave()
	} else if revision > f.revision {
		f.theirs = errors.New("somebody else has changed the preferred networks meanwhile; saving shows both first")
	}
	f.check()
}

// leave throws away what was changed in the fields.
func (f *preferredField) leave() {
	f.theirs = nil
	f.mode.Selected = preferredWords[engine.PreferredMode(f.kept.Mode.Shown())]
	f.mode.Refresh()
	f.networks.Text = networksText(f.kept.Networks)
	f.networks.Refresh()
	f.check()
}

func networksText(networks []netip.Prefix) string {
	words := make([]string, len(networks))
	for i, network := range networks {
		words[i] = network.String()
	}
	return strings.Join(words, ", ")
}

// check shows an error beside the list if the engine would refuse it, and offers to save what differs.
func (f *preferredField) check() (engine.PreferredNetworks, bool) {
	value, err := f.value()
	f.fields[1].SetError(cmp.Or(err, f.theirs))
	changed := f.filled && err == nil && !samePreferred(value, f.kept) && !f.networks.Disabled()
	if changed {
		f.save.Show()
	} else {
		f.save.Hide()
	}
	return value, changed
}

func (f *preferredField) submit() {
	value, changed := f.check()
	if !changed {
		return
	}
	asking := &page.Asking{
		Console: f.page.console, Question: "Change the preferred networks?", Told: "Preferred networks changed",
		Change: engine.Change{Preferred: &engine.PreferredChange{Networks: value, Revision: f.revision}},
		Failed: func(err error) { kit.ShowError(f.page.console.Window, "Nothing was changed", err) },
		Reload: func(now engine.Present) {
			if now.Preferred != nil {
				f.kept, f.revision = *now.Preferred, now.Revision
				f.leave()
			}
		},
	}
	asking.Begin()
}

func (f *preferredField) showRights(mayChange bool) {
	for _, o := range []fyne.Disableable{f.mode, f.networks} {
		switch {
		case mayChange && o.Disabled():
			o.Enable()
		case !mayChange && !o.Disabled():
			o.Disable()
		}
	}
	if !mayChange {
		f.save.Hide()
	}
}
