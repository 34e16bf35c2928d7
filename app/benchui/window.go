//go:build linux

package main

import (
	"context"
	"encoding/json"
	"os"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"lockwire/app/host"
	"lockwire/app/softwindow"
	"lockwire/assets"
	"lockwire/ui"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/uitest/estate"
)

const (
	settle = 3 * time.Second // until the window is quiet
	period = 6 * time.Second // of each measurement
)

// job is what the console's process is to measure.
type job struct {
	Started time.Time // the process
	Folder  string    // of its record
	Made    time.Time // the estate
	Size    estate.Size
}

// figures are of one run of the window: milliseconds, percent of a core, MB.
type figures struct {
	FirstFrame, CPU, RSS float64
	// The rest is measured of a large estate only.
	ScrollCPU, Frames, Frame50, Frame99, Latency50, Latency99 float64 // the page Sessions
	Resting, Hidden                                           float64 // CPU behind another window, and in the tray
	Heap                                                      float64
	Pages                                                     []pageFigures
}

// window is the console's window while it is measured.
type window struct {
	fyne.Window
	shell *ui.Shell
	live  *model.Live
	probe *probe
	asked atomic.Int64 // what the pages have asked for in the background and not got yet
}

// runWindow is the console's process: it opens the window as app/lockwire does, measures, prints and ends.
func runWindow(ctx context.Context, text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	host.SaveMemory()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	app.SetMetadata(fyne.AppMetadata{ID: "lockwire.benchui", Name: "Lockwire", Icon: assets.Icon})
	program := app.NewWithID("lockwire.benchui")
	if drawnBySoftware() {
		var err error
		if program, err = softwindow.Use(program); err != nil {
			return err
		}
	}
	program.Settings().SetTheme(kit.Theme{Appearance: kit.Light})
	w := &window{Window: program.NewWindow("Lockwire")}
	w.SetMaster()
	w.Resize(fyne.NewSize(1280, 800))
	admin, err := openCrowd(ctx, j.Folder, j.Size, j.Made)
	if err != nil {
		return err
	}
	defer admin.Store.Close()
	var measured figures
	var failed error
	program.Lifecycle().SetOnStarted(func() {
		w.showPages(ctx, program, admin)
		first := w.probe.watch()
		go func() {
			<-first
			measured.FirstFrame = milliseconds(time.Since(j.Started))
			fyne.DoAndWait(func() { w.probe.stop() })
			failed = measured.take(w, j.Size.Components > 0)
			fyne.Do(program.Quit)
		}()
	})
	w.ShowAndRun()
	if failed != nil {
		return failed
	}
	return json.NewEncoder(os.Stdout).Encode(measured)
}

// showPages puts the pages into the window and keeps them up to date, as the console does.
func (w *window) showPages(ctx context.Context, program fyne.App, admin *crowd) {
	w.live = model.NewLive(admin)
	console := &page.Console{
		Admin: admin, Window: w.Window, Preferences: program.Preferences(), Refresh: w.live.Refresh, MayChange: func() bool { return true },
		Background: func(work func(context.Context) error, done func(error)) {
			w.asked.Add(1)
			go func() {
				err := work(ctx)
				fyne.Do(func() {
					done(err)
					w.asked.Add(-1)
				})
			}()
		},
		TypingPause: 200 * time.Millisecond,
	}
	w.shell = ui.NewShell(console, ui.Pages(console)...)
	w.shell.Show("overview")
	if len(admin.estate.Sessions) > 0 {
		w.shell.Show("sessions")
	}
	w.probe = newProbe()
	w.SetContent(w.probe.over(w.shell.Content()))
	go w.live.Follow(ctx)
	go w.live.Tick(ctx, fyne.DoAndWait, func(state *model.State) {
		if w.probe.onScreen {
			w.shell.Update(state)
		}
		model.StandingOf(state) // for the tray and notifications
	})
}

// take measures one thing after the other; large says whether there is anything to scroll.
func (f *figures) take(w *window, large bool) (err error) {
	time.Sleep(settle)
	if f.CPU, err = share(wait); err != nil {
		return err
	}
	if large {
		if err := f.takeLarge(w); err != nil {
			return err
		}
	}
	f.RSS, err = residentMemory("self")
	return err
}

func wait() error {
	time.Sleep(period)
	return nil
}

func (f *figures) takeLarge(w *window) (err error) {
	// What the probe adds, a frame at every chance, must not be in the share and the latency: those are measured without it.
	var sessions pageFigures
	if f.ScrollCPU, err = share(func() error {
		at, err := w.overTable()
		if err != nil {
			return err
		}
		latencies, err := scrollAndAsk(at)
		f.Latency50, f.Latency99 = percentile(latencies, 50), percentile(latencies, 99)
		return err
	}); err != nil {
		return err
	}
	if err := sessions.takeFrames(w); err != nil {
		return err
	}
	f.Frames, f.Frame50, f.Frame99 = sessions.Frames, sessions.Frame50, sessions.Frame99
	if f.Pages, err = takePages(w); err != nil {
		return err
	}
	f.Heap = heap()
	return f.takeResting(w)
}

// takeResting measures the window on the page Sessions behind another one, and in the tray.
func (f *figures) takeResting(w *window) (err error) {
	fyne.DoAndWait(func() { w.shell.Show("sessions") })
	w.live.Rest(true)
	time.Sleep(settle)
	if f.Resting, err = share(waitForRest); err != nil {
		return err
	}
	fyne.DoAndWait(func() {
		w.probe.onScreen = false
		w.Hide()
	})
	time.Sleep(settle)
	f.Hidden, err = share(waitForRest)
	return err
}

// waitForRest waits over several updates of a window that rests.
func waitForRest() error {
	time.Sleep(4 * model.RestInterval)
	return nil
}
