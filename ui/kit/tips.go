package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/grid"
)

// WithTips puts a layer over the content of a window or a dialog, in which the names of its icon buttons appear. The layer takes neither
// room nor the mouse.
func WithTips(content fyne.CanvasObject) *fyne.Container {
	layer := &tipLayer{tip: grid.NewTip()}
	return container.NewStack(content, container.New(layer, layer.tip))
}

// HideTip takes the tip of a canvas away: what it was about may be gone.
func HideTip(canvas fyne.Canvas) {
	if _, layer := layerOf(canvas); layer != nil {
		layer.tip.Hide()
	}
}

// tipLayer leaves its tip where that puts itself.
type tipLayer struct {
	tip   *grid.Tip
	about fyne.CanvasObject // what the tip is about, while it is shown
}

// Layout has nothing to place, and MinSize takes no room.
func (*tipLayer) Layout([]fyne.CanvasObject, fyne.Size)        {}
func (*tipLayer) MinSize([]fyne.CanvasObject) (none fyne.Size) { return none }

// showTip shows a text beside an object.
func showTip(about fyne.CanvasObject, text string) {
	driver := fyne.CurrentApp().Driver()
	at, layer := layerOf(driver.CanvasForObject(about))
	if layer == nil {
		return
	}
	layer.about = about
	place := driver.AbsolutePositionForObject(about).Subtract(driver.AbsolutePositionForObject(at))
	layer.tip.Hide() // the same text may be about another object
	layer.tip.ShowAt(text, place.X, place.Y, about.Size().Height, at.Size())
}

// hideTip takes the tip away that is about an object.
func hideTip(about fyne.CanvasObject) {
	if _, layer := layerOf(fyne.CurrentApp().Driver().CanvasForObject(about)); layer != nil && layer.about == about {
		layer.tip.Hide()
	}
}

// layerOf finds the layer of tips of the topmost dialog, or of the window where none is open; nil where there is none.
func layerOf(canvas fyne.Canvas) (at *fyne.Container, layer *tipLayer) {
	if canvas == nil {
		return nil, nil
	}
	var find func(o fyne.CanvasObject)
	find = func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *widget.PopUp:
			find(o.Content)
		case *fyne.Container:
			if found, is := o.Layout.(*tipLayer); is {
				at, layer = o, found
			}
			for i := 0; i < len(o.Objects) && layer == nil; i++ {
				find(o.Objects[i])
			}
		}
	}
	find(topmost(canvas))
	return at, layer
}
