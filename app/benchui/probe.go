//go:build linux

package main

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// probe sees the frames of the window. Fyne's loop calls the animations and then at once draws the windows that are dirty
// (internal/driver/glfw/loop.go); the probe's animation makes its window dirty at each call, by a dot of one pixel. So each
// call is followed by one real frame of the whole window, and the time between two calls is that between two frames. Fyne
// draws 60 frames a second at most.
type probe struct {
	dot       *canvas.Rectangle
	animation *fyne.Animation
	calls     []time.Time
	onScreen  bool // the window is
}

func newProbe() *probe {
	return &probe{dot: canvas.NewRectangle(color.Transparent), onScreen: true}
}

// over lays the dot over the window's content, which it does not keep from the mouse.
func (p *probe) over(content fyne.CanvasObject) fyne.CanvasObject {
	p.dot.Resize(fyne.NewSize(1, 1))
	return container.NewStack(content, container.NewWithoutLayout(p.dot))
}

// watch begins to see frames; the channel is closed when the first has been drawn, which is when the second begins.
func (p *probe) watch() <-chan struct{} {
	drawn := make(chan struct{})
	p.calls = nil
	p.animation = &fyne.Animation{Duration: time.Hour, Curve: fyne.AnimationLinear, Tick: func(float32) {
		if p.calls = append(p.calls, time.Now()); len(p.calls) == 2 {
			close(drawn)
		}
		p.dot.FillColor = color.NRGBA{A: uint8(len(p.calls) % 2)}
		p.dot.Refresh()
	}}
	p.animation.Start()
	return drawn
}

func (p *probe) stop() { p.animation.Stop() }
