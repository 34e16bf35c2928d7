// Package softwindow has Fyne open its windows where there is no OpenGL: the windows are GLFW's, as Fyne's own are, but without a
// context for OpenGL, and ui/softcanvas draws what they show.
//
// Fyne chooses its driver when it is built. All of Fyne reaches the driver through the current app, which is an interface: so the
// app that Fyne has made stays in charge of preferences, settings and metadata, and another one stands before it that has windows
// and a clipboard of its own. Nothing of Fyne is changed or copied for that.
package softwindow

import (
	"fmt"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"
)

// program is Fyne's app with windows that are drawn by software. The desktop's tray is Fyne's driver's: there is none here.
type program struct {
	fyne.App
	driver *driver
}

// Use has an app of Fyne that has no window yet draw its windows by software. It is called on the goroutine of main.
func Use(app fyne.App) (fyne.App, error) {
	choosePlatform()
	if err := glfw.Init(); err != nil {
		return nil, fmt.Errorf("open a window that is drawn by software: %w", err)
	}
	try, err := openHidden("")
	if err != nil {
		glfw.Terminate()
		return nil, fmt.Errorf("open a window that is drawn by software: %w", err)
	}
	try.Destroy()
	p := &program{App: app}
	p.driver = newDriver(p, app.Driver())
	fyne.SetCurrentApp(p)
	return p, nil
}

func (p *program) Driver() fyne.Driver                { return p.driver }
func (p *program) NewWindow(title string) fyne.Window { return p.driver.CreateWindow(title) }
func (p *program) Clipboard() fyne.Clipboard          { return clipboard{} }
func (p *program) Run()                               { p.driver.Run() }

// Quit closes all windows and ends Run.
func (p *program) Quit() {
	for _, w := range p.driver.AllWindows() {
		w.Close()
	}
	p.driver.Quit()
}

// hooks are what Fyne's app has called when it starts and ends. Fyne's Lifecycle only sets them, and its type has them, too.
type hooks interface {
	OnStarted() func()
	OnStopped() func()
	OnEnteredForeground() func()
	OnExitedForeground() func()
}

// call calls one of the app's hooks.
func (p *program) call(which func(hooks) func()) {
	if all, ok := p.Lifecycle().(hooks); ok {
		if hook := which(all); hook != nil {
			hook()
		}
	}
}
