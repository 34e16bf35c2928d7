package kit_test

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"lockwire/ui/kit"
	"lockwire/ui/uitest/screen"
)

// paneOf is a pane with a heading of 20 above content of a height that scrolls, and a way to change that.
func paneOf(height float32) (pane fyne.CanvasObject, set func(float32)) {
	heading, content := canvas.NewRectangle(color.Black), canvas.NewRectangle(color.White)
	heading.SetMinSize(fyne.NewSize(10, 20))
	content.SetMinSize(fyne.NewSize(10, height))
	scroll := container.NewVScroll(content)
	return kit.Border(heading, nil, nil, nil, scroll), func(height float32) {
		content.SetMinSize(fyne.NewSize(10, height))
		scroll.Refresh()
	}
}

func TestTheLowerPaneTakesWhatItsContentNeedsUpToHalf(t *testing.T) {
	window := screen.New(t, kit.Theme{Appearance: kit.Light})
	lower, set := paneOf(80)
	beside := container.NewHSplit(lower, canvas.NewRectangle(color.Black))
	upper, setUpper := paneOf(2000)
	panes := kit.NewPanes(fyne.CurrentApp().Preferences(), "test", upper, container.NewPadded(beside))
	window.SetContent(panes)
	window.Resize(fyne.NewSize(400, 600))
	height := func() float32 { return beside.Size().Height }
	near := func(what string, want float32) {
		t.Helper()
		if got := height(); got < want || got > want+12 {
			t.Errorf("%s it is %v high, wanted %v", what, got, want)
		}
	}
	near("with little content", 100)
	set(150)
	panes.Fit()
	near("with more", 170)
	set(80)
	panes.Fit()
	near("with less again, it stays", 170)
	set(2000)
	panes.Fit()
	if all := panes.Size().Height; height() > all/2 || height() < all/2-20 {
		t.Errorf("with much of it it is %v of %v high", height(), all)
	}
	setUpper(80)
	window.Resize(fyne.NewSize(400, 590))
	near("with little above it", panes.Size().Height-120)
	setUpper(180)
	panes.Fit()
	near("with more above it", panes.Size().Height-220)
	setUpper(2000)
	set(80)
	window.Resize(fyne.NewSize(400, 500))
	near("at another size", 100)
}

func TestPanesStayWhereTheirBorderWasDragged(t *testing.T) {
	window := screen.New(t, kit.Theme{Appearance: kit.Light})
	lower, set := paneOf(80)
	open := func(name string) *kit.Panes {
		panes := kit.NewPanes(fyne.CurrentApp().Preferences(), name, canvas.NewRectangle(color.Black), lower)
		window.SetContent(panes)
		window.Resize(fyne.NewSize(400, 600))
		return panes
	}
	panes := open("one")
	test.Drag(window.Canvas(), fyne.NewPos(200, lower.Position().Y-1), 0, -200)
	dragged := lower.Size().Height
	if dragged < 250 {
		t.Fatalf("after the drag it is %v high", dragged)
	}
	set(20)
	panes.Fit()
	if got := lower.Size().Height; got != dragged {
		t.Errorf("with other content it is %v high, not %v", got, dragged)
	}
	open("one")
	if got := lower.Size().Height; got != dragged {
		t.Errorf("the next time it is %v high, not %v", got, dragged)
	}
	open("another")
	if got := lower.Size().Height; got > 100 {
		t.Errorf("another page's pane is %v high", got)
	}
}
