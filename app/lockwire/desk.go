package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/ui"
	"lockwire/ui/firststart"
	"lockwire/ui/model"
	"lockwire/ui/settings"
)

// desk is one run of the console: the window and the engine behind it.
type desk struct {
	ctx     context.Context
	stop    context.CancelFunc
	options options
	log     *slog.Logger
	program fyne.App
	window  fyne.Window
	drawing string // how the window is drawn, for About; empty where that is as usual

	starts, work sync.WaitGroup // engines that start; what the pages do beside the window

	mu  sync.Mutex
	run *running

	// What follows is the window's goroutine's.
	shell           *ui.Shell // nil before there is an engine
	look            look      // that the shell was made in
	tray            *tray     // nil where the desktop has none
	hidden, inFront bool
	rest            model.Rest
	missed          bool   // the newest state came while nobody could see the window
	catchUp         func() // has the window follow again what goes on, and shows what was missed
	asked           bool   // what becomes of the broker
	news            news
}

// raiseWithin is how long the window's goroutine may take to bring it to the front.
const raiseWithin = 5 * time.Second

// raise brings the window to the front, and tells whether it did.
func (d *desk) raise() bool {
	done := make(chan struct{})
	d.do(func() {
		d.front()
		close(done)
	})
	select {
	case <-done:
		return true
	case <-d.ctx.Done():
	case <-time.After(raiseWithin):
	}
	return false
}

// front brings the window to the front, from the tray too.
func (d *desk) front() {
	d.hidden = false
	d.window.Show()
	d.window.RequestFocus()
	d.catchUp()
}

// hide leaves the program in the tray.
func (d *desk) hide() {
	d.hidden = true
	d.window.Hide()
}

// do runs something on the window's goroutine, and nothing once the console ends: Fyne would run it at once, wherever it is
// called, on a window that is gone.
func (d *desk) do(f func()) {
	fyne.Do(func() {
		if d.ctx.Err() == nil {
			f()
		}
	})
}

// quit ends the console.
func (d *desk) quit() {
	keepPlace(d.window, d.program.Preferences())
	d.stop()
	d.program.Quit()
}

// begin finds the engine, off the window's goroutine, and shows it or the first start's choices.
func (d *desk) begin() {
	d.window.SetContent(firststart.Waiting("Starting…"))
	d.background("Lockwire could not start", func() (*running, error) { return startEngine(d.ctx, d.options, d.log) })
}

// background starts an engine and shows it. Where that fails it says what did.
func (d *desk) background(failed string, start func() (*running, error)) {
	d.starts.Go(func() {
		run, err := start()
		d.mu.Lock()
		d.run = run // also where the console has ended meanwhile: it is ended with it
		d.mu.Unlock()
		d.do(func() {
			switch {
			case errors.Is(err, errNothingThere), errors.Is(err, errDismissed):
				d.firstStart()
			case err != nil:
				d.window.SetContent(firststart.Failed(failed, err, d.begin))
			default:
				d.show(run)
			}
		})
	})
}

// firstStart offers the choices of somebody who has no installation yet.
func (d *desk) firstStart() {
	here := thisSystem()
	choices := firststart.Choices{
		Try: func() {
			d.window.SetContent(firststart.Waiting("Starting a broker, seven components and their backups on this computer…"))
			d.background("The try-out could not start", func() (*running, error) { return tryOut(d.ctx, d.log) })
		},
		Broker: func() {
			d.window.SetContent(firststart.Waiting("Making this computer the broker…"))
			d.background("The broker could not start", func() (*running, error) { return embed(d.ctx, d.options, d.log) })
		},
		Attach: func(token string) {
			d.window.SetContent(firststart.Waiting("Asking the broker…"))
			d.background("The broker did not let this computer in", func() (*running, error) { return enrol(d.ctx, token) })
		},
		Lasting: here.lasting(), Command: here.terminalCommand("", d.options.listen),
	}
	if !here.hasServices() {
		choices.Command = here.terminalCommand(d.options.data, d.options.listen)
	}
	switch setup, err := here.serviceSetup(); {
	case d.options.data != "":
		choices.NoService = "another data folder than the service's was named"
	case err != nil:
		choices.NoService = err.Error()
	default:
		choices.Service = func() {
			d.window.SetContent(firststart.Waiting("Installing the service. Your system asks for an administrator's password…"))
			d.background("The broker did not become a service", func() (*running, error) { return setup.run(d.ctx) })
		}
	}
	d.window.SetContent(firststart.New(choices))
}

// show puts the pages of an engine into the window and keeps them up to date.
func (d *desk) show(run *running) {
	d.window.SetTitle("Lockwire – " + run.about)
	if d.tray != nil && run.elsewhere {
		d.tray.name(run.about)
	}
	live := model.NewLive(run.admin)
	page := d.options.page
	if page == "" {
		page = d.program.Preferences().String("page") // before the shell shows its first one, and keeps that
	}
	d.build(run, live, page)
	d.catchUp = func() {
		d.rest = model.Rest{}
		live.Rest(false)
		if state := live.State(); d.missed && state != nil {
			d.missed = false
			d.shell.Update(state)
		}
	}
	d.program.Settings().AddListener(func(fyne.Settings) { d.do(func() { d.restyle(run, live) }) })
	d.work.Go(func() { live.Follow(d.ctx) })
	d.work.Go(func() {
		live.Tick(d.ctx, fyne.DoAndWait, func(state *model.State) {
			onScreen := !d.hidden && windowSeen(d.window)
			live.Rest(d.rest.Look(onScreen, d.inFront, time.Now()))
			if d.missed = !onScreen; onScreen {
				d.shell.Update(state)
			}
			d.tell(model.StandingOf(state))
		})
	})
}

// look is what the colours of a window come from.
type look struct {
	theme   fyne.Theme
	variant fyne.ThemeVariant
}

func (d *desk) lookNow() look {
	return look{d.program.Settings().Theme(), d.program.Settings().ThemeVariant()}
}

// build makes the pages in the colours of now, and shows one of them; of an unknown name the first.
func (d *desk) build(run *running, live *model.Live, page string) {
	d.look = d.lookNow()
	console := newConsole(d, run, live)
	d.shell = ui.NewShell(console, ui.Pages(console)...)
	d.shell.Show(page)
	d.window.SetContent(d.shell.Content())
}

// restyle makes the pages anew where another theme was chosen, or the desktop changed from day to night: what is drawn has its
// colours from when it was made.
func (d *desk) restyle(run *running, live *model.Live) {
	if d.look == d.lookNow() {
		return
	}
	d.build(run, live, d.shell.Shown().Name())
	if state := live.State(); state != nil {
		d.shell.Update(state)
	}
}

// tell says how things are where the window is not looked at: in the tray, and with a notification when something newly needs
// attention.
func (d *desk) tell(standing model.Standing) {
	now := time.Now()
	if d.tray != nil {
		d.tray.show(standing, now)
	}
	wanted := d.program.Preferences().BoolWithFallback(settings.PreferNotifications, true)
	if d.news.of(standing, now) && wanted && !d.inFront && mayNotify() {
		// The words are always the same: names and reasons come from other machines, and others may see the screen.
		d.work.Go(func() {
			d.program.SendNotification(fyne.NewNotification("Lockwire", "Something needs attention. Open Lockwire to see what."))
		})
	}
}
