//go:build linux

package main

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
)

// opens is how often each page is opened.
const opens = 12

// pageFigures are of one page, in milliseconds and frames a second. Opening ends with the first frame in which all is there that the page
// asks for; First is the first time, Held how long the window's goroutine was kept by it at the most.
type pageFigures struct {
	Name                      string
	First, Open50, Open95     float64
	Held                      float64
	Still                     float64 // a frame in which nothing but a dot has changed: what drawing the window takes
	Frames, Frame50, Frame99  float64 // while its table scrolls; 0 where it has none
	Latency50, Latency99, Top float64 // from fyne.Do to the call meanwhile
}

// takePages measures all pages.
func takePages(w *window) (all []pageFigures, err error) {
	for _, name := range []string{"overview", "rules", "sessions", "components", "headroom", "routes", "simulator", "activity", "settings"} {
		f := pageFigures{Name: name}
		if err := f.take(w); err != nil {
			return nil, fmt.Errorf("the page %s: %w", name, err)
		}
		all = append(all, f)
	}
	return all, nil
}

func (f *pageFigures) take(w *window) error {
	var took []float64
	for i := range opens {
		fyne.DoAndWait(func() { w.shell.Show("providers") }) // an empty page
		time.Sleep(time.Second / 5)
		if _, err := w.settled(); err != nil {
			return err
		}
		begin := time.Now()
		var held time.Duration
		fyne.DoAndWait(func() {
			began := time.Now()
			w.shell.Show(f.Name)
			held = time.Since(began)
		})
		complete, err := w.settled()
		if err != nil {
			return err
		}
		f.Held = max(f.Held, milliseconds(held))
		if i == 0 {
			f.First = milliseconds(complete.Sub(begin))
			continue
		}
		took = append(took, milliseconds(complete.Sub(begin)))
	}
	f.Open50, f.Open95 = percentile(took, 50), percentile(took, 95)
	f.Still = w.stillFrame()
	at, err := w.overTable()
	if errors.Is(err, errNothingScrolls) {
		return nil
	}
	latencies, err := scrollAndAsk(at)
	if err != nil {
		return err
	}
	f.Latency50, f.Latency99, f.Top = percentile(latencies, 50), percentile(latencies, 99), percentile(latencies, 100)
	return f.takeFrames(w)
}

// settled waits until all is there that the pages have asked for, and a frame has been drawn since. It gives when that was.
func (w *window) settled() (time.Time, error) {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		var frame <-chan struct{}
		asked := int64(0)
		fyne.DoAndWait(func() {
			asked = w.asked.Load()
			frame = w.probe.watch()
		})
		<-frame
		drawn := time.Now()
		fyne.DoAndWait(w.probe.stop)
		if asked == 0 && w.asked.Load() == 0 {
			return drawn, nil
		}
	}
	return time.Time{}, errors.New("what it asks for does not come")
}

// stillFrame is the median time of a frame in which next to nothing has changed.
func (w *window) stillFrame() float64 {
	fyne.DoAndWait(func() { w.probe.watch() })
	time.Sleep(time.Second)
	var calls []time.Time
	fyne.DoAndWait(func() {
		w.probe.stop()
		calls = w.probe.calls
	})
	return percentile(between(calls), 50)
}

func between(calls []time.Time) (times []float64) {
	for i := 1; i < len(calls); i++ {
		times = append(times, milliseconds(calls[i].Sub(calls[i-1])))
	}
	return times
}

// takeFrames has the probe see the frames while the table scrolls.
func (f *pageFigures) takeFrames(w *window) error {
	at, err := w.overTable()
	if err != nil {
		return err
	}
	var before, after float32
	fyne.DoAndWait(func() {
		before = farthestScrolled(w.Content())
		w.probe.watch()
	})
	err = turnWheel(at, wheelUp).Run()
	if err == nil {
		err = turnWheel(at, wheelDown).Run()
	}
	var calls []time.Time
	fyne.DoAndWait(func() {
		w.probe.stop()
		calls, after = w.probe.calls, farthestScrolled(w.Content())
	})
	times := between(calls)
	if err != nil || len(times) == 0 {
		return errors.Join(errors.New("no frames were seen while scrolling"), err)
	}
	if before == 0 && after == 0 { // a wheel that turns over something else would have the frames of a table that stands still measured
		return errors.New("the table stood still while the wheel was turned")
	}
	f.Frames = float64(len(times)) / calls[len(calls)-1].Sub(calls[0]).Seconds()
	f.Frame50, f.Frame99 = percentile(times, 50), percentile(times, 99)
	return nil
}

// notch is the time between two notches of the wheel: a fast hand's.
const notch = 40 * time.Millisecond

// wheel is a button of the mouse.
type wheel int

const (
	wheelUp   wheel = 4
	wheelDown wheel = 5
)

// turnWheel turns the mouse's wheel for half a period.
func turnWheel(at fyne.Position, way wheel) *exec.Cmd {
	return exec.Command("xdotool", "mousemove", strconv.Itoa(int(at.X)), strconv.Itoa(int(at.Y)), "click", "--delay", strconv.Itoa(int(notch.Milliseconds())), "--repeat", strconv.Itoa(int(period/2/notch)), strconv.Itoa(int(way)))
}

// scrollAndAsk turns the wheel down, and 50 times a second has the time measured from fyne.Do to the call.
func scrollAndAsk(at fyne.Position) ([]float64, error) {
	wheel := turnWheel(at, wheelDown)
	if err := wheel.Start(); err != nil {
		return nil, err
	}
	answers := make(chan time.Duration, period/(20*time.Millisecond))
	end := time.Now().Add(period / 2)
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

// heap is what the program holds in use after a collection, in MB.
func heap() float64 {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return float64(memory.HeapAlloc) / 1e6
}
