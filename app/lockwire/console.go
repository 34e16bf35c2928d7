package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"lockwire"
	"lockwire/app/host"
	"lockwire/app/softwindow"
	"lockwire/assets"
	"lockwire/ui/kit"
)

// runConsole opens the window and runs until it is closed.
func runConsole(ctx context.Context, o options, log *slog.Logger) error {
	host.SaveMemory()
	release, software, err := checkDisplay(o.drawnBySoftware())
	if err != nil {
		return err
	}
	defer release()
	width, height, err := sizeOf(o.size)
	if err != nil {
		return err
	}
	first, another, err := comeFirst(ctx, o, log)
	if err != nil {
		return err
	}
	if another {
		fmt.Println("Lockwire is open already; its window is in front now.")
		return nil
	}
	if first != nil {
		defer first.close()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	app.SetMetadata(fyne.AppMetadata{ID: lockwire.ID, Name: "Lockwire", Version: host.Version(), Icon: assets.Icon})
	program := app.NewWithID(lockwire.ID)
	if software {
		if program, err = softwindow.Use(program); err != nil {
			return noWindow(err)
		}
	}
	appearance := kit.Appearance(program.Preferences().StringWithFallback("appearance", string(kit.System)))
	if o.theme != "" {
		appearance = kit.Appearance(o.theme)
	}
	program.Settings().SetTheme(kit.Theme{Appearance: appearance})
	window := program.NewWindow("Lockwire")
	window.SetMaster()
	givePlace(window, program.Preferences(), fyne.NewSize(width, height), o.sizeAsked)

	d := &desk{ctx: ctx, stop: stop, options: o, log: log, program: program, window: window, drawing: drawingOf(software, o), catchUp: func() {}}
	window.SetCloseIntercept(d.closing)
	program.Lifecycle().SetOnEnteredForeground(func() {
		d.inFront = true
		d.catchUp()
	})
	program.Lifecycle().SetOnExitedForeground(func() {
		d.inFront = false
		keepPlace(window, program.Preferences()) // also when a signal or the desktop ends it
	})
	if trayAnswers(ctx) { // Fyne registers the icon when it starts, and no later
		d.tray = newTray(program, d.front, d.quitAsking)
	}
	end := sync.OnceValue(d.end)
	loop := watchLeaving(ctx, func() {
		log.Warn("the window library does not end; the program ends without it")
		leaveAnyway(end, func() {
			if first != nil {
				first.close()
			}
			release()
		})
	})
	quitting := func() bool { return false }
	program.Lifecycle().SetOnStarted(func() {
		// Fyne quits of a signal itself, but looks for them in a goroutine that may begin after this: one that came before then
		// ended only ctx.
		quitting = context.AfterFunc(ctx, func() { loop.otherwiseQuit(func() { fyne.DoAndWait(program.Quit) }) })
		if ctx.Err() != nil {
			return
		}
		fitScreen(window)
		watchKeys(window)
		d.begin()
		d.serveWindowScan()
		if first != nil {
			first.serve(d.raise)
		}
	})
	window.ShowAndRun()
	loop.done()
	quitting()
	stop()
	return end()
}

// comeFirst takes the place of this user's console of an installation, or tells that another one has it, which is in front
// now. A try-out needs none, and where no place can be had the console opens without.
func comeFirst(ctx context.Context, o options, log *slog.Logger) (first *front, another bool, err error) {
	if o.tryOut {
		return nil, false, nil
	}
	path, err := frontSocket(o)
	if err == nil {
		first, err = takeFront(ctx, path)
	}
	switch {
	case errors.Is(err, errDoesNotAnswer), ctx.Err() != nil:
		return nil, false, err
	case err != nil:
		log.Warn("a second start will open a window of its own", "reason", err.Error())
		return nil, false, nil
	}
	return first, first == nil, nil
}
