//go:build linux

package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"lockwire/ui/model"
	"lockwire/ui/uitest/estate"
)

func printTable(out io.Writer, rounds int, idle, busy []figures, program programFigures, effect effectFigures) {
	large := estate.Large
	fmt.Fprintf(out, "The console's window, 1280x800, Xvfb, %s; medians of %d round(s).\n", drawing(), rounds)
	fmt.Fprintf(out, "The engine is simulated in the same process: %d components, %d rules, %d routes, %d sessions whose figures all change 4 times\n", large.Components, large.Rules, large.Routes, large.Sessions)
	fmt.Fprintf(out, "a second, on a record of %d receipts and %d changes; the window takes up the newest at its own pace. CPU is of the whole process,\n", keptReceipts, keptChanges)
	fmt.Fprint(out, "drawing in software and the simulation included, of one core.\n")
	fmt.Fprintf(out, "The real console is lockwire with its own broker and component on an installation without traffic, over %v.\n", programPeriod)
	fmt.Fprint(out, "Scrolling is 25 notches of the wheel a second. Frames are counted while every chance of a frame is taken, CPU and latency without.\n\n")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "what\tmeasured\taim\t")
	row := func(what, unit string, value, aim float64, atLeast bool) {
		text, verdict := judged(unit, value, aim, atLeast)
		fmt.Fprintf(table, "%s\t%.1f %s\t%s\t%s\n", what, value, unit, text, verdict)
	}
	of := func(all []figures, get func(*figures) float64) float64 {
		var values []float64
		for i := range all {
			values = append(values, get(&all[i]))
		}
		return percentile(values, 50)
	}
	row("first frame from the process's start, no component", "ms", of(idle, func(f *figures) float64 { return f.FirstFrame }), 1000, false)
	row("first frame, large estate", "ms", of(busy, func(f *figures) float64 { return f.FirstFrame }), 1000, false)
	row("CPU, Overview, nothing going on", "%", of(idle, func(f *figures) float64 { return f.CPU }), 3, false)
	row("CPU, Sessions, 10,000 at 4 Hz", "%", of(busy, func(f *figures) float64 { return f.CPU }), 0, false)
	row("CPU, the same while scrolling", "%", of(busy, func(f *figures) float64 { return f.ScrollCPU }), 0, false)
	row(fmt.Sprintf("CPU, the same at rest: an update each %v", model.RestInterval), "%", of(busy, func(f *figures) float64 { return f.Resting }), 0, false)
	row("CPU, at rest in the tray", "%", of(busy, func(f *figures) float64 { return f.Hidden }), 3, false)
	row("frames per second while scrolling", "/s", of(busy, func(f *figures) float64 { return f.Frames }), leastFrames(), true)
	row("time between frames, p50", "ms", of(busy, func(f *figures) float64 { return f.Frame50 }), 0, false)
	row("time between frames, p99", "ms", of(busy, func(f *figures) float64 { return f.Frame99 }), 0, false)
	row("latency of the UI while scrolling, p50", "ms", of(busy, func(f *figures) float64 { return f.Latency50 }), 0, false)
	row("latency of the UI while scrolling, p99", "ms", of(busy, func(f *figures) float64 { return f.Latency99 }), 50, false)
	row("memory (RSS) after all pages, large estate", "MB", of(busy, func(f *figures) float64 { return f.RSS }), 350, false)
	row("of it Go's heap in use", "MB", of(busy, func(f *figures) float64 { return f.Heap }), 0, false)
	row("memory (RSS), nothing going on", "MB", of(idle, func(f *figures) float64 { return f.RSS }), 300, false)
	row("CPU, the real console, nothing going on", "%", program.CPU, 2, false)
	row("memory (RSS), the real console", "MB", program.RSS, 300, false)
	row("effect of a rule, 500 components x 200 rules, p50", "ms", effect.p50, 200, false)
	row("the same, p99", "ms", effect.p99, 200, false)
	row("cancelled half-way, returns after, p99", "ms", effect.cancelled, 0, false)
	table.Flush()
	printPages(out, busy)
}

// drawing is how the window is drawn.
func drawing() string {
	if drawnBySoftware() {
		return "without OpenGL (30 frames a second at most)"
	}
	return "OpenGL in software"
}

// leastFrames is what is aimed at while a page scrolls, a second.
func leastFrames() float64 {
	if drawnBySoftware() {
		return 10
	}
	return 30
}

// judged says what a value is to be, and whether it is; 0 is no aim.
func judged(unit string, value, aim float64, atLeast bool) (text, verdict string) {
	if aim <= 0 {
		return "", ""
	}
	sign, missed := "<", value >= aim
	if atLeast {
		sign, missed = ">=", value < aim
	}
	if missed {
		return fmt.Sprintf("%s %g %s", sign, aim, unit), "missed"
	}
	return fmt.Sprintf("%s %g %s", sign, aim, unit), "reached"
}

// printPages prints what was measured of each page.
func printPages(out io.Writer, all []figures) {
	fmt.Fprintln(out, "\nEach page of the large estate. Opening ends with the first frame in which all is there that the page asks for (ms; aim: p95 < 300); the")
	fmt.Fprintln(out, "window was held by it so long at the most. A still frame draws the window anew where nothing has changed: the part of drawing in software.")
	fmt.Fprintf(out, "Frames a second while scrolling: aim >= %g.\n", leastFrames())
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "page\tfirst\topen p50\topen p95\theld\tstill frame\tframes/s\tframe p50\tp99\tlatency p50\tp99\tmost\t\t")
	for i := range all[0].Pages {
		median := func(get func(*pageFigures) float64) float64 {
			var values []float64
			for j := range all {
				values = append(values, get(&all[j].Pages[i]))
			}
			return percentile(values, 50)
		}
		first, open := median(func(f *pageFigures) float64 { return f.First }), median(func(f *pageFigures) float64 { return f.Open95 })
		frames := median(func(f *pageFigures) float64 { return f.Frames })
		verdict := "reached"
		if max(first, open) >= 300 || frames > 0 && frames < leastFrames() {
			verdict = "missed"
		}
		fmt.Fprintf(table, "%s\t%.0f\t%.0f\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%s\t\n", all[0].Pages[i].Name, first,
			median(func(f *pageFigures) float64 { return f.Open50 }), open, median(func(f *pageFigures) float64 { return f.Held }), median(func(f *pageFigures) float64 { return f.Still }), frames,
			median(func(f *pageFigures) float64 { return f.Frame50 }), median(func(f *pageFigures) float64 { return f.Frame99 }),
			median(func(f *pageFigures) float64 { return f.Latency50 }), median(func(f *pageFigures) float64 { return f.Latency99 }), median(func(f *pageFigures) float64 { return f.Top }), verdict)
	}
	table.Flush()
}
