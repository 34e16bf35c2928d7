package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/exchange"
	"lockwire/ui"
)

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
	}
	c.SetAppearance = func(appearance ui.Appearance) {
		d.program.Preferences().SetString("appearance", string(appearance))
		d.program.Settings().SetTheme(ui.Theme{Appearance: appearance})
	}
	c.DataFolder = run.folder
	c.AgentBuilds = agentBuilds
	c.TypingPause = typingPause
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

// agentBuilds are the agents that lie beside the console, as `make agent` names them.
func agentBuilds() []ui.AgentBuild {
	program, err := host.ThisProgram()
	if err != nil {
		return nil
	}
	var builds []ui.AgentBuild
	for _, platform := range [][2]string{{"linux", "amd64"}, {"linux", "arm64"}, {"windows", "amd64"}} {
		path := filepath.Join(filepath.Dir(program), "lockwire-agent-"+platform[0]+"-"+platform[1])
		if platform[0] == "windows" {
			path += ".exe"
		}
		if _, err := os.Stat(path); err == nil {
			builds = append(builds, ui.AgentBuild{OS: platform[0], Arch: platform[1], Path: path})
		}
	}
	return builds
}
