package main

import (
	"context"
	"net/url"

	"fyne.io/fyne/v2"

	"lockwire/ui"
)

// documentation is where the help pages are.
const documentation = "https://github.com/lockwire/lockwire/blob/main/docs/"

// newConsole wires what the pages share to this program.
func newConsole(d *desk, run *running, live *ui.Live) *ui.Console {
	c := &ui.Console{
		Admin: run.admin, Window: d.window, Preferences: d.program.Preferences(),
		Background: func(work func(context.Context) error, done func(error)) {
			d.work.Go(func() {
				err := work(d.ctx)
				if d.ctx.Err() == nil {
					fyne.Do(func() { done(err) })
				}
			})
		},
		MayChange: func() bool {
			state := live.State()
			return state != nil && state.MayChange()
		},
		Refresh: live.Refresh,
		OpenURL: func(page string) {
			if address, err := url.Parse(documentation + "console/" + page + ".md"); err == nil {
				d.program.OpenURL(address)
			}
		},
	}
	wire(c)
	return c
}

// wire gives the pages what only a program may do for them: reading and writing files in the formats of the engine.
func wire(*ui.Console) {}
