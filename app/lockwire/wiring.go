package main

import (
	"context"
	"io"
	"path/filepath"
	"time"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/exchange"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// newConsole wires what the pages share to this program.
func newConsole(d *desk, run *running, live *model.Live) *page.Console {
	c := &page.Console{
		Admin: live.Guarded(), Window: d.window, Preferences: d.program.Preferences(),
		Background: func(work func(context.Context) error, done func(error)) {
			d.work.Go(func() {
				err := work(d.ctx)
				d.do(func() { done(err) })
			})
		},
		MayChange: func() bool {
			state := live.State()
			return state != nil && state.MayChange()
		},
		Refresh: live.Refresh,
	}
	c.SetAppearance = func(appearance kit.Appearance) {
		d.program.Preferences().SetString("appearance", string(appearance))
		d.program.Settings().SetTheme(kit.Theme{Appearance: appearance})
	}
	c.WatchKeys = watchKeys
	c.Drawing = d.drawing
	c.DataFolder = run.folder
	c.Banner = run.banner
	c.Notifies = mayNotify()
	c.OtherBrokers = otherBrokers()
	c.AgentBuilds = func() []page.AgentBuild {
		program, err := host.ThisProgram()
		if err != nil {
			return nil
		}
		return agentBuilds(filepath.Dir(program))
	}
	c.TypingPause = typingPause
	c.Notes = kit.NewPassingNotes(d.window, func(after time.Duration, run func()) func() {
		clock := time.AfterFunc(after, func() { d.do(run) })
		return func() { clock.Stop() }
	})
	c.ReadRules = readRules
	c.WriteRules = exchange.Encode
	return c
}

// typingPause is shorter than a person notices, and longer than the time between two letters of somebody who types.
const typingPause = 200 * time.Millisecond

// readRules reads a file of rules as `lockwired rules import` does.
func readRules(file io.Reader, replace, withSettings bool) (engine.RuleImport, []string, error) {
	read, report, err := exchange.DecodeImport(file, replace, withSettings)
	var notes []string
	for _, note := range report {
		notes = append(notes, note.String())
	}
	return read, notes, err
}
