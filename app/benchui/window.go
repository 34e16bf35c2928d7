//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"golang.org/x/sys/unix"

	"lockwire/assets"
	"lockwire/ui"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

const (
	settle = 3 * time.Second // until the window is quiet
	period = 6 * time.Second // of each measurement
)

// figures are of one run of the window: milliseconds, percent of a core, MB.
type figures struct {
	FirstFrame, CPU, ScrollCPU, Frames, Frame50, Frame99, Latency50, Latency99, RSS float64
}

// runWindow is the console's process: it opens the window as app/lockwire does, measures, prints and ends.
func runWindow(ctx context.Context, text string) error {
	var nanoseconds int64
	var sessions int
	if _, err := fmt.Sscan(text, &nanoseconds, &sessions); err != nil {
		return err
	}
	started := time.Unix(0, nanoseconds)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	app.SetMetadata(fyne.AppMetadata{ID: "lockwire.benchui", Name: "Lockwire", Icon: assets.Icon})
	program := app.NewWithID("lockwire.benchui")
	program.Settings().SetTheme(kit.Theme{Appearance: kit.Light})
	window := program.NewWindow("Lockwire")
	window.SetMaster()
	window.Resize(fyne.NewSize(1280, 800))
	folder, err := os.MkdirTemp("", "lw-window-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	local, err := newLocal(ctx, folder+"/data")
	if err != nil {
		return err
	}
	defer local.Store.Close()
	admin := newCrowd(local, sessions)
	var measured figures
	var failed error
	program.Lifecycle().SetOnStarted(func() {
		probe := showPages(ctx, program, window, admin)
		probe.scrolled = func() float32 { return farthestScrolled(window.Content()) }
		first := probe.watch()
		go func() {
			<-first
			measured.FirstFrame = milliseconds(time.Since(started))
			fyne.DoAndWait(func() { probe.stop() })
			failed = measured.take(probe, sessions > 0)
			fyne.Do(program.Quit)
		}()
	})
	window.ShowAndRun()
	if failed != nil {
		return failed
	}
	return json.NewEncoder(os.Stdout).Encode(measured)
}

// showPages puts the pages into the window and keeps them up to date, as the console does.
func showPages(ctx context.Context, program fyne.App, window fyne.Window, admin *crowd) *probe {
	live := model.NewLive(admin)
	console := &page.Console{
		Admin: admin, Window: window, Preferences: program.Preferences(), Refresh: live.Refresh, MayChange: func() bool { return true },
		Background: func(work func(context.Context) error, done func(error)) {
			go func() {
				err := work(ctx)
				fyne.Do(func() { done(err) })
			}()
		},
	}
	shell := ui.NewShell(console, ui.Pages(console)...)
	shell.Show("overview")
	if len(admin.sessions) > 0 {
		shell.Show("sessions")
	}
	probe := newProbe()
	window.SetContent(probe.over(shell.Content()))
	go live.Follow(ctx)
	go live.Tick(ctx, fyne.DoAndWait, shell.Update)
	return probe
}

// probe sees the frames of the window. Fyne's loop calls the animations and then at once draws the windows that are dirty
// (internal/driver/glfw/loop.go); the probe's animation makes its window dirty at each call, by a dot of one pixel. So each
// call is followed by one real frame of the whole window, and the time between two calls is that between two frames. Fyne
// draws 60 frames a second at most.
type probe struct {
	dot       *canvas.Rectangle
	animation *fyne.Animation
	calls     []time.Time
	scrolled  func() float32 // how far down the table is
}

func newProbe() *probe {
	return &probe{dot: canvas.NewRectangle(color.Transparent)}
}

// over lays the dot over the window's content, which it does not keep from the mouse.
func (p *probe) over(content fyne.CanvasObject) fyne.CanvasObject {
	p.dot.Resize(fyne.NewSize(1, 1))
	return container.NewStack(content, container.NewWithoutLayout(p.dot))
}

// watch begins to see frames; the channel is closed when the first has been drawn, which is when the second begins.
func (p *probe) watch() <-chan struct{} {
	drawn := make(chan struct{})
	p.calls = nil
	p.animation = &fyne.Animation{Duration: time.Hour, Curve: fyne.AnimationLinear, Tick: func(float32) {
		if p.calls = append(p.calls, time.Now()); len(p.calls) == 2 {
			close(drawn)
		}
		p.dot.FillColor = color.NRGBA{A: uint8(len(p.calls) % 2)}
		p.dot.Refresh()
	}}
	p.animation.Start()
	return drawn
}

func (p *probe) stop() { p.animation.Stop() }

// take measures one thing after the other; scroll says whether there is anything to scroll.
func (f *figures) take(p *probe, scroll bool) (err error) {
	time.Sleep(settle)
	if f.CPU, err = share(func() error { time.Sleep(period); return nil }); err != nil {
		return err
	}
	if scroll {
		// What the probe adds, a frame at every chance, must not be in the share and the latency: those are measured without it.
		if f.ScrollCPU, err = share(func() error {
			latencies, err := scrollAndAsk()
			f.Latency50, f.Latency99 = percentile(latencies, 50), percentile(latencies, 99)
			return err
		}); err != nil {
			return err
		}
		if err := f.takeFrames(p); err != nil {
			return err
		}
	}
	f.RSS, err = residentMemory("self")
	return err
}

// takeFrames has the probe see the frames while the table scrolls.
func (f *figures) takeFrames(p *probe) error {
	var before, after float32
	fyne.DoAndWait(func() {
		before = p.scrolled()
		p.watch()
	})
	err := turnWheel().Run()
	var calls []time.Time
	fyne.DoAndWait(func() {
		p.stop()
		calls, after = p.calls, p.scrolled()
	})
	if err != nil || len(calls) < 2 {
		return errors.Join(errors.New("no frames were seen while scrolling"), err)
	}
	// A wheel that turns over something else would have the frames of a table that stands still measured.
	if turns := float32(period / notch); after-before < turns {
		return fmt.Errorf("the table moved from %.0f to %.0f while the wheel was turned %.0f times", before, after, turns)
	}
	var between []float64
	for i := range calls[1:] {
		between = append(between, milliseconds(calls[i+1].Sub(calls[i])))
	}
	f.Frames = float64(len(between)) / calls[len(calls)-1].Sub(calls[0]).Seconds()
	f.Frame50, f.Frame99 = percentile(between, 50), percentile(between, 99)
	return nil
}

// notch is the time between two notches of the wheel: a fast hand's.
const notch = 40 * time.Millisecond

// turnWheel turns the mouse's wheel for a period, over the table of sessions: it is the upper half of the page.
func turnWheel() *exec.Cmd {
	return exec.Command("xdotool", "mousemove", "640", "300", "click", "--delay", strconv.Itoa(int(notch.Milliseconds())), "--repeat", strconv.Itoa(int(period/notch)), "5")
}

// scrollAndAsk turns the wheel, and 50 times a second has the time measured from
// fyne.Do to the call.
func scrollAndAsk() ([]float64, error) {
	wheel := turnWheel()
	if err := wheel.Start(); err != nil {
		return nil, err
	}
	answers := make(chan time.Duration, period/(20*time.Millisecond))
	end := time.Now().Add(period)
	asked := 0
	for ticker := time.NewTicker(20 * time.Millisecond); time.Now().Before(end); <-ticker.C {
		begin := time.Now()
		fyne.Do(func() { answers <- time.Since(begin) })
		if asked++; asked == cap(answers) {
			break
		}
	}
	if err := wheel.Wait(); err != nil {
		return nil, fmt.Errorf("xdotool: %w", err)
	}
	var latencies []float64
	for range asked {
		latencies = append(latencies, milliseconds(<-answers))
	}
	return latencies, nil
}

// share is what part of a core this process used while something was done, in percent.
func share(do func() error) (float64, error) {
	before, err := spent()
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	if err := do(); err != nil {
		return 0, err
	}
	after, err := spent()
	return 100 * float64(after-before) / float64(time.Since(begin)), err
}

func spent() (time.Duration, error) {
	var usage unix.Rusage
	err := unix.Getrusage(unix.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), err
}

// residentMemory is VmRSS of a process, in MB.
func residentMemory(process string) (float64, error) {
	text, err := os.ReadFile("/proc/" + process + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); found {
			kilobytes, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kilobytes * 1024 / 1e6, err
		}
	}
	return 0, fmt.Errorf("/proc/%s/status has no VmRSS", process)
}
