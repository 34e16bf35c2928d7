package softwindow

import (
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
	"github.com/go-gl/glfw/v3.4/glfw"

	"lockwire/ui/softcanvas"
)

const (
	// framePause is the least time between two frames. What happens after a pause is drawn at once.
	framePause = time.Second / 30
	// breath is how often windows that do not change are looked through: Fyne forgets in a minute what nobody asks for.
	breath = 5 * time.Second
)

// driver is Fyne's driver for windows that are drawn by software. But for DoFromGoroutine all of it is the main goroutine's.
type driver struct {
	program *program
	fynes   fyne.Driver // Fyne's own, which measures texts
	windows []*window
	moving  animations
	held    fyne.KeyModifier
	front   *window // that has the keyboard
	ended   bool

	mu       sync.Mutex
	queue    []func()
	runs     bool // functions are queued for the loop
	finished bool

	lastFrame, lastBreath time.Time
	pause                 time.Duration // between two frames
	forget                software.WindowlessCanvas
}

func newDriver(p *program, fynes fyne.Driver) *driver {
	forget := software.NewCanvasWithPainter(nil)
	forget.Resize(fyne.NewSize(1, 1))
	return &driver{program: p, fynes: fynes, pause: framePause, forget: forget}
}

// CreateWindow makes a window, which is hidden until it is shown.
func (d *driver) CreateWindow(title string) fyne.Window {
	w := newWindow(d, title)
	d.windows = append(d.windows, w)
	return w
}

// CreateSplashWindow makes one like all others: the console has none.
func (d *driver) CreateSplashWindow() fyne.Window { return d.CreateWindow("") }

// CurrentKeyModifiers are the modifiers that are down.
func (d *driver) CurrentKeyModifiers() fyne.KeyModifier { return d.held }

// HasSecondaryDisplay tells whether there are several screens.
func (d *driver) HasSecondaryDisplay() bool { return len(glfw.GetMonitors()) > 1 }

func (d *driver) AllWindows() []fyne.Window {
	all := make([]fyne.Window, 0, len(d.windows))
	for _, w := range d.windows {
		all = append(all, w)
	}
	return all
}

func (d *driver) RenderedTextSize(text string, size float32, style fyne.TextStyle, font fyne.Resource) (fyne.Size, float32) {
	return d.fynes.RenderedTextSize(text, size, style, font)
}

// CanvasForObject gives the canvas that an object was on lately; nil where there is none, as with Fyne's own driver.
func (d *driver) CanvasForObject(o fyne.CanvasObject) fyne.Canvas {
	if c := d.canvasOf(o); c != nil {
		return c
	}
	return nil
}

func (d *driver) canvasOf(o fyne.CanvasObject) *softcanvas.Canvas {
	for _, w := range d.windows {
		if w.canvas.Holds(o) {
			return w.canvas
		}
	}
	return nil
}

func (d *driver) AbsolutePositionForObject(o fyne.CanvasObject) fyne.Position {
	if c := d.canvasOf(o); c != nil {
		return c.PositionOf(o)
	}
	return fyne.Position{}
}

func (d *driver) Device() fyne.Device              { return device{} }
func (d *driver) DoubleTapDelay() time.Duration    { return softcanvas.DoubleTap }
func (d *driver) StartAnimation(a *fyne.Animation) { d.moving.start(a, time.Now()) }
func (d *driver) StopAnimation(a *fyne.Animation)  { d.moving.stop(a) }
func (d *driver) SetDisableScreenBlanking(bool)    {} // no page asks for it
func (d *driver) Quit()                            { d.ended = true }

// DoFromGoroutine queues a function for the main goroutine. Before Run and after it there is nobody to wait for: then it is run at once.
func (d *driver) DoFromGoroutine(f func(), wait bool) {
	var done chan struct{}
	queued := f
	if wait {
		done = make(chan struct{})
		queued = func() {
			defer close(done)
			f()
		}
	}
	d.mu.Lock()
	if d.finished || !d.runs && wait {
		d.mu.Unlock()
		f()
		return
	}
	d.queue = append(d.queue, queued)
	if d.runs {
		glfw.PostEmptyEvent() // GLFW ends only after finished is set
	}
	d.mu.Unlock()
	if wait {
		<-done
	}
}

// runQueued runs what was queued.
func (d *driver) runQueued() {
	d.mu.Lock()
	queue := d.queue
	d.queue = nil
	d.mu.Unlock()
	for _, f := range queue {
		f()
	}
}

// Run shows the windows until the last one or the main one is closed, or Quit is called.
func (d *driver) Run() {
	d.mu.Lock()
	d.runs = true
	d.mu.Unlock()
	d.program.Settings().AddListener(func(fyne.Settings) { d.restyle() })
	d.program.call(hooks.OnStarted)
	for !d.ended {
		d.turn()
		if !d.ended {
			glfw.WaitEventsTimeout(d.idle().Seconds())
		}
	}
	d.finish()
}

// turn does what there is to do between two events.
func (d *driver) turn() {
	d.runQueued()
	for _, w := range d.windows {
		w.settlePointer()
	}
	d.closeWindows()
	now := time.Now()
	if now.Sub(d.lastFrame) >= d.pause {
		d.moving.tick(now)
		if d.draw(now) {
			d.lastFrame = now
			// Where frames take long, input and the pages have at least as much time.
			d.pause = max(framePause, 2*time.Since(now))
		}
	}
	if now.Sub(d.lastBreath) >= breath {
		d.lastBreath = now
		d.breathe(now)
	}
}

// draw draws the windows that have changed, and tells whether there was one.
func (d *driver) draw(now time.Time) (drawn bool) {
	for _, w := range d.windows {
		if w.canvas.Dirty() && w.seen() {
			w.draw(now)
			drawn = true
		}
	}
	return drawn
}

// breathe has Fyne keep what the windows are made of, and forget what is in none.
func (d *driver) breathe(now time.Time) {
	for _, w := range d.windows {
		w.canvas.KeepAlive(now)
	}
	d.forget.Capture() // Fyne cleans up when a canvas is drawn
}

// idle is how long there may be nothing to do.
func (d *driver) idle() time.Duration {
	until := breath - time.Since(d.lastBreath)
	if d.moving.any() || d.dirty() {
		until = min(until, d.pause-time.Since(d.lastFrame))
	}
	return max(until, time.Millisecond)
}

func (d *driver) dirty() bool {
	for _, w := range d.windows {
		if w.canvas.Dirty() && w.seen() {
			return true
		}
	}
	return false
}

// closeWindows lets go of the windows that were closed: GLFW destroys none while it tells of what happened to it.
func (d *driver) closeWindows() {
	kept := d.windows[:0]
	for _, w := range d.windows {
		if !w.closed {
			kept = append(kept, w)
			continue
		}
		if d.front == w {
			d.front = nil
		}
		d.ended = d.ended || w.master
		w.destroy()
	}
	clear(d.windows[len(kept):])
	d.windows = kept
	d.ended = d.ended || len(kept) == 0
}

// finish ends what Run began, in the order that Fyne's driver has.
func (d *driver) finish() {
	if d.front != nil {
		d.front = nil
		d.program.call(hooks.OnExitedForeground)
	}
	for _, w := range d.windows {
		w.destroy()
	}
	d.windows = nil
	d.program.call(hooks.OnStopped)
	d.mu.Lock()
	d.finished = true
	d.mu.Unlock()
	d.runQueued()
	glfw.Terminate()
}

// restyle gives all windows the colours of a theme that has changed.
func (d *driver) restyle() {
	// Fyne keeps coloured icons by their names; to make an override has it forget them.
	container.NewThemeOverride(widget.NewLabel(""), d.program.Settings().Theme())
	for _, w := range d.windows {
		w.rescale()
		w.canvas.Restyle()
	}
}

// after calls a function on the main goroutine once a time has passed.
func (d *driver) after(pause time.Duration, f func()) {
	time.AfterFunc(pause, func() { d.DoFromGoroutine(f, false) })
}

// device is the computer that the windows are on.
type device struct{}

func (device) Orientation() fyne.DeviceOrientation { return fyne.OrientationHorizontalLeft }
func (device) IsMobile() bool                      { return false }
func (device) IsBrowser() bool                     { return false }
func (device) HasKeyboard() bool                   { return true }
func (device) Locale() fyne.Locale                 { return lang.SystemLocale() }

func (device) SystemScaleForWindow(w fyne.Window) float32 {
	if w, ok := w.(*window); ok {
		return systemScale(w.native)
	}
	return 1
}
