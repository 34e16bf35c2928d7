package main

import (
	"context"
	"errors"
	"time"

	"lockwire/engine"
	"lockwire/ui"
)

// embedded tells whether the broker ends with the window, and gives its administration.
func (d *desk) embedded() (*running, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.run, d.run != nil && d.run.embedded
}

// quitAsking ends the console; where the broker would end with it the window comes and asks.
func (d *desk) quitAsking() {
	if _, embedded := d.embedded(); embedded {
		d.front()
		d.closing()
		return
	}
	d.quit()
}

// closing is the window's close button. A broker that ends with the window refuses backups from then on: that is asked about.
func (d *desk) closing() {
	run, embedded := d.embedded()
	if !embedded {
		d.quit()
		return
	}
	if d.asked { // the question stands in the window already
		return
	}
	d.asked = true
	tray := d.tray != nil
	d.work.Go(func() {
		routes := openRoutes(d.ctx, run.admin)
		tray = tray && trayAnswers(d.ctx) // a window that hides must be found again
		d.do(func() { d.askClose(routes, tray) })
	})
}

// askClose asks what becomes of the broker.
func (d *desk) askClose(routes int, tray bool) {
	var keep func()
	if tray {
		keep = d.hide
	}
	ui.AskClose(d.window, routes, keep, d.quit, func() { d.asked = false })
}

// openRoutes counts the routes that are turned on; it gives -1 where the broker cannot say.
func openRoutes(ctx context.Context, admin engine.Administration) int {
	routes, err := admin.Routes(ctx)
	if err != nil {
		return -1
	}
	count := 0
	for _, route := range routes {
		if route.Enabled {
			count++
		}
	}
	return count
}

// endWithin is how long the engine may take to stop before the program ends without it.
const endWithin = 15 * time.Second

// end stops the engine. What was acknowledged is on the disk then.
func (d *desk) end() error {
	ended := make(chan error, 1)
	go func() {
		d.starts.Wait()
		d.mu.Lock()
		run := d.run
		d.mu.Unlock()
		var err error
		if run != nil {
			err = run.close()
		}
		d.work.Wait()
		ended <- err
	}()
	select {
	case err := <-ended:
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	case <-time.After(endWithin):
		return errors.New("the engine did not stop in time")
	}
}
