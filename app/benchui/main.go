//go:build linux

// Command benchui measures the speed of the console's real window, under Xvfb with OpenGL in software, against what is
// aimed at. Run it with make bench-ui.
//
// It is a program of its own, and imports fyne/app as app/lockwire does, because a release must not carry what only a
// measurement needs, and app/bench must build without C. It starts itself again as the console, once for each round and
// each load, on a display that it starts and ends.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// windowVariable, set to the moment at which the process was started and the number of live sessions, makes this program the console.
const windowVariable = "LOCKWIRE_BENCHUI_WINDOW"

const manySessions = 10_000

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if started := os.Getenv(windowVariable); started != "" {
		err = runWindow(ctx, started)
	} else {
		rounds := flag.Int("rounds", 3, "rounds; the medians are printed")
		still := flag.Bool("still", false, "measure only the real console while nothing goes on, and print that as JSON")
		flag.Parse()
		err = onDisplay(ctx, func(folder, display string) error {
			if *still {
				return runStill(ctx, folder, display, os.Stdout)
			}
			return run(ctx, folder, display, max(1, *rounds), os.Stdout)
		})
	}
	if err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "benchui:", err)
		os.Exit(1)
	}
}

// onDisplay measures on a display and in a folder that end with it.
func onDisplay(ctx context.Context, measure func(folder, display string) error) error {
	folder, err := os.MkdirTemp("", "lw-benchui-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	display, end, err := startDisplay(ctx)
	if err != nil {
		return err
	}
	defer end()
	return measure(folder, display)
}

func run(ctx context.Context, folder, display string, rounds int, out io.Writer) error {
	var idle, busy []figures
	for range rounds {
		for _, load := range []struct {
			sessions int
			all      *[]figures
		}{{0, &idle}, {manySessions, &busy}} {
			one, err := measureWindow(ctx, folder, display, load.sessions)
			if err != nil {
				return err
			}
			*load.all = append(*load.all, one)
		}
	}
	program, err := measureProgram(ctx, folder, display)
	if err != nil {
		return err
	}
	effect, err := measureEffect(ctx, folder)
	if err != nil {
		return err
	}
	printTable(out, rounds, idle, busy, program, effect)
	return nil
}

// runStill is for app/bench, which prints what stands still of all programs.
func runStill(ctx context.Context, folder, display string, out io.Writer) error {
	program, err := measureProgram(ctx, folder, display)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(program)
}

// startDisplay starts an Xvfb that takes a free number itself.
func startDisplay(ctx context.Context) (display string, end func(), err error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return "", nil, err
	}
	defer reader.Close()
	xvfb := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp")
	xvfb.ExtraFiles = []*os.File{writer}
	xvfb.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	err = xvfb.Start()
	writer.Close()
	if err != nil {
		return "", nil, err
	}
	end = func() {
		_ = xvfb.Process.Signal(syscall.SIGTERM)
		_ = xvfb.Wait()
	}
	// The whole line is read: Xvfb would end of a pipe that is closed before it wrote the line's end.
	number, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		end()
		return "", nil, fmt.Errorf("no display came of Xvfb: %w", err)
	}
	return ":" + strings.TrimSpace(number), end, ctx.Err()
}

// measureWindow runs the console once, in a process of its own.
func measureWindow(ctx context.Context, folder, display string, sessions int) (f figures, err error) {
	program, err := os.Executable()
	if err != nil {
		return f, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	window := exec.CommandContext(ctx, program)
	window.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said, failed bytes.Buffer
	window.Stdout, window.Stderr = &said, &failed
	window.Env = append(environment(folder, display), fmt.Sprintf("%s=%d %d", windowVariable, time.Now().UnixNano(), sessions))
	if err := window.Run(); err != nil {
		return f, fmt.Errorf("the console with %d sessions: %w\n%s", sessions, err, &failed)
	}
	return f, json.Unmarshal(said.Bytes(), &f)
}

// environment is that of a window on the display, with everything of its user in the folder.
func environment(folder, display string) []string {
	return append(os.Environ(), "DISPLAY="+display, "WAYLAND_DISPLAY=", "LIBGL_ALWAYS_SOFTWARE=1", "HOME="+folder, "XDG_CONFIG_HOME="+folder,
		"XDG_CACHE_HOME="+folder, "XDG_STATE_HOME="+folder, "XDG_DATA_HOME="+folder, "XDG_RUNTIME_DIR="+folder)
}

func printTable(out io.Writer, rounds int, idle, busy []figures, program programFigures, effect effectFigures) {
	fmt.Fprintf(out, "The console's window, 1280x800, Xvfb, OpenGL in software; medians of %d round(s).\n", rounds)
	fmt.Fprintf(out, "The engine is simulated in the same process: %d sessions whose rates all change 4 times a second; the window takes up\n", manySessions)
	fmt.Fprint(out, "the newest at its own pace. CPU is of the whole process, drawing in software and the simulation included, of one core.\n")
	fmt.Fprintf(out, "The real console is lockwire with its own broker and component on an installation without traffic, over %v.\n", programPeriod)
	fmt.Fprint(out, "Scrolling is 25 notches of the wheel a second. Frames are counted while every chance of a frame is taken, CPU and latency without.\n\n")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "what\tmeasured\taim\t")
	row := func(what, unit string, value, aim float64, atLeast bool) {
		text, sign, verdict := "", "<", "reached"
		if atLeast {
			sign = ">="
		}
		if aim > 0 {
			text = fmt.Sprintf("%s %g %s", sign, aim, unit)
			if atLeast && value < aim || !atLeast && value >= aim {
				verdict = "missed"
			}
		} else {
			verdict = ""
		}
		fmt.Fprintf(table, "%s\t%.1f %s\t%s\t%s\n", what, value, unit, text, verdict)
	}
	of := func(all []figures, get func(*figures) float64) float64 {
		var values []float64
		for i := range all {
			values = append(values, get(&all[i]))
		}
		return percentile(values, 50)
	}
	row("first frame from the process's start, no session", "ms", of(idle, func(f *figures) float64 { return f.FirstFrame }), 1000, false)
	row("first frame, 10,000 sessions", "ms", of(busy, func(f *figures) float64 { return f.FirstFrame }), 1000, false)
	row("CPU, Overview, nothing going on", "%", of(idle, func(f *figures) float64 { return f.CPU }), 3, false)
	row("CPU, Sessions, 10,000 at 4 Hz", "%", of(busy, func(f *figures) float64 { return f.CPU }), 0, false)
	row("CPU, the same while scrolling", "%", of(busy, func(f *figures) float64 { return f.ScrollCPU }), 0, false)
	row("frames per second while scrolling", "/s", of(busy, func(f *figures) float64 { return f.Frames }), 30, true)
	row("time between frames, p50", "ms", of(busy, func(f *figures) float64 { return f.Frame50 }), 0, false)
	row("time between frames, p99", "ms", of(busy, func(f *figures) float64 { return f.Frame99 }), 0, false)
	row("latency of the UI while scrolling, p50", "ms", of(busy, func(f *figures) float64 { return f.Latency50 }), 0, false)
	row("latency of the UI while scrolling, p99", "ms", of(busy, func(f *figures) float64 { return f.Latency99 }), 50, false)
	row("memory (RSS) after scrolling", "MB", of(busy, func(f *figures) float64 { return f.RSS }), 300, false)
	row("memory (RSS), nothing going on", "MB", of(idle, func(f *figures) float64 { return f.RSS }), 300, false)
	row("CPU, the real console, nothing going on", "%", program.CPU, 2, false)
	row("memory (RSS), the real console", "MB", program.RSS, 300, false)
	row("effect of a rule, 500 components x 200 rules, p50", "ms", effect.p50, 200, false)
	row("the same, p99", "ms", effect.p99, 200, false)
	row("cancelled half-way, returns after, p99", "ms", effect.cancelled, 0, false)
	table.Flush()
}

// percentile gives the value that p percent of the values are not above.
func percentile(values []float64, p int) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
