package kit

import (
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/uitest/screen"
)

// TestAnErrorMovesNothing holds the places of a dialog's fields while errors of all lengths come and go: a person clicks on what is below.
func TestAnErrorMovesNothing(t *testing.T) {
	window := screen.New(t, Theme{Appearance: Light})
	window.Resize(fyne.NewSize(1024, 700))
	d := ShowForm(window, "Ask", fyne.NewSize(520, 420), nil)
	first, second, third := d.Entry("", "", nil), d.Entry("", "", nil), widget.NewCheck("Box", nil)
	fields := []*FormField{NewFormField("First", first, ""), NewFormField("Second", second, "a hint"), NewFormRow("Third", third)}
	save := widget.NewButton("Save", nil)
	d.Set(d.Rows(fields...), save)
	window.Canvas().Capture()
	places := func() (all []fyne.Position) {
		for _, o := range []fyne.CanvasObject{first, second, third, save} {
			all = append(all, fyne.CurrentApp().Driver().AbsolutePositionForObject(o))
		}
		return all
	}
	before := places()
	long := "the name is taken; " + strings.Repeat("it is said at length why that is so, ", 6) + "so choose another"
	for _, step := range []struct {
		what     string
		field    int
		err      error
		at, full string // what stands below the field, and above the buttons
	}{
		{"a short error", 0, errors.New("too short"), "too short", ""},
		{"a long error", 0, errors.New(long), "the name is taken; it is said", "First: " + long},
		{"another one", 1, errors.New("also " + long), "also the name is taken", "First: " + long},
		{"the first is mended", 0, nil, "also the name is taken", "Second: also " + long},
		{"both are", 1, nil, "a hint", ""},
	} {
		fields[step.field].SetError(step.err)
		window.Canvas().Capture()
		after := places()
		for i := range before {
			if after[i] != before[i] {
				t.Errorf("%s: thing %d moves from %v to %v", step.what, i, before[i], after[i])
			}
		}
		screen.MustContain(t, screen.Text(window.Canvas().Overlays().Top()), step.at)
		if whole := d.whole; whole.Visible() != (step.full != "") || whole.Visible() && whole.Text != step.full {
			t.Errorf("%s: above the buttons stands %q (%t)", step.what, whole.Text, whole.Visible())
		}
	}
	fields[0].SetError(errors.New(long))
	fields[0].Show(false)
	if d.whole.Visible() {
		t.Error("the error of a hidden field stands above the buttons")
	}
	fields[0].Show(true)
	if !d.whole.Visible() {
		t.Error("the error of a field that is shown again does not stand above the buttons")
	}
	d.Set(widget.NewLabel("the next step"), save)
	if d.whole.Visible() {
		t.Error("the error of the step before stands above the buttons of the next")
	}
}

// TestARowWithoutRoomMarksItsName: what is wrong is said elsewhere.
func TestARowWithoutRoomMarksItsName(t *testing.T) {
	screen.New(t, Theme{Appearance: Light})
	row := NewFormRow("Flows", widget.NewEntry())
	row.SetError(errors.New("use 1 to 64"))
	if row.title.Importance != widget.DangerImportance || row.Problem() != "use 1 to 64" {
		t.Errorf("%v, %q", row.title.Importance, row.Problem())
	}
	row.SetError(nil)
	if row.title.Importance != widget.MediumImportance || row.Problem() != "" {
		t.Errorf("mended: %v, %q", row.title.Importance, row.Problem())
	}
}
