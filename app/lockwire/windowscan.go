//go:build windowscan

package main

import (
	"encoding/json"
	"net"
	"os"
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// visible is something that a person sees in the window, and where: in pixels from the window's upper left corner, as much of it
// as is not scrolled away.
type visible struct {
	Kind                string // its Go type, such as *widget.Button
	Text                string
	X, Y, Width, Height float32
	// Whole tells that no part of it is scrolled away.
	Whole, Disabled, Focused bool
}

// serveWindowScan tells everybody who connects to the socket that the environment variable LOCKWIRE_WINDOWSCAN names what can be
// seen and clicked now, so that a test finds with a real mouse what a person finds by looking. It does nothing where the variable
// is not set. This is a build for tests only; no release has it.
func (d *desk) serveWindowScan() {
	path := os.Getenv("LOCKWIRE_WINDOWSCAN")
	if path == "" {
		return
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		d.log.Error("the window is not told", "error", err)
		return
	}
	d.work.Go(func() {
		<-d.ctx.Done()
		listener.Close()
	})
	d.work.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			told := make(chan []visible, 1)
			d.do(func() { told <- scanWindow(d.window.Canvas()) })
			select {
			case all := <-told:
				if err := json.NewEncoder(conn).Encode(all); err != nil {
					d.log.Error("the window is not told", "error", err)
				}
			case <-d.ctx.Done():
			}
			conn.Close()
		}
	})
}

// scanWindow finds what can be seen and clicked: all of the topmost dialog or menu, else all of the page.
func scanWindow(canvas fyne.Canvas) []visible {
	p := &windowScan{canvas: canvas}
	root := canvas.Overlays().Top()
	if root == nil {
		root = canvas.Content()
	}
	p.visit(root, fyne.NewPos(0, 0), rectangle{to: fyne.NewPos(canvas.Size().Width, canvas.Size().Height)}, false)
	return p.found
}

// rectangle is a part of the window.
type rectangle struct{ from, to fyne.Position }

// within is what two rectangles have in common.
func (r rectangle) within(other rectangle) rectangle {
	return rectangle{
		fyne.NewPos(max(r.from.X, other.from.X), max(r.from.Y, other.from.Y)),
		fyne.NewPos(min(r.to.X, other.to.X), min(r.to.Y, other.to.Y)),
	}
}

func (r rectangle) empty() bool { return r.to.X <= r.from.X || r.to.Y <= r.from.Y }

// windowScan is one walk over what a window shows.
type windowScan struct {
	canvas fyne.Canvas
	found  []visible
}

// visit notes an object and all that is in it. Parent is where its parent is, seen what is not scrolled away; what is in a thing
// that is disabled is disabled too.
func (p *windowScan) visit(o fyne.CanvasObject, parent fyne.Position, seen rectangle, disabled bool) {
	if o == nil || !o.Visible() {
		return
	}
	at := parent.Add(o.Position())
	all := rectangle{at, at.Add(o.Size())}
	part := all.within(seen)
	if able, ok := o.(fyne.Disableable); ok && able.Disabled() {
		disabled = true
	}
	if part.empty() {
		if _, container := o.(*fyne.Container); !container {
			return
		}
	} else {
		p.note(o, visible{Whole: part == all, Disabled: disabled}, part)
	}
	if _, scrolls := o.(fyne.Scrollable); scrolls {
		seen = part
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			p.visit(child, at, seen, disabled)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			p.visit(child, at, seen, disabled)
		}
	}
}

// note keeps an object that is a widget or has words, part of which is seen.
func (p *windowScan) note(o fyne.CanvasObject, found visible, part rectangle) {
	found.Kind, found.Text = reflect.TypeOf(o).String(), wordsOf(o)
	if _, isWidget := o.(fyne.Widget); !isWidget && found.Text == "" {
		return
	}
	if able, ok := o.(fyne.Focusable); ok {
		found.Focused = able == p.canvas.Focused()
	}
	scale := p.canvas.Scale()
	found.X, found.Y = part.from.X*scale, part.from.Y*scale
	found.Width, found.Height = (part.to.X-part.from.X)*scale, (part.to.Y-part.from.Y)*scale
	p.found = append(p.found, found)
}

// wordsOf is what an object says; a field that is empty says what belongs there. What is typed as a secret is never told.
func wordsOf(o fyne.CanvasObject) string {
	value := reflect.Indirect(reflect.ValueOf(o))
	if value.Kind() != reflect.Struct {
		return ""
	}
	names := []string{"Text", "Selected", "PlaceHolder"}
	if secret := value.FieldByName("Password"); secret.IsValid() && secret.Kind() == reflect.Bool && secret.Bool() {
		names = []string{"PlaceHolder"}
	}
	for _, name := range names {
		if field := value.FieldByName(name); field.IsValid() && field.Kind() == reflect.String && field.String() != "" {
			return field.String()
		}
	}
	return ""
}
