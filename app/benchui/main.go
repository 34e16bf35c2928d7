//go:build linux

// Command benchui measures the speed of the console's real window, under Xvfb with OpenGL in software or without OpenGL, against what is
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
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"lockwire/ui/uitest/estate"
)

// windowVariable, set to a job, makes this program the console.
const windowVariable = "LOCKWIRE_BENCHUI_WINDOW"

// softwareVariable, set to 1, has this program and the real console draw their windows without OpenGL.
const softwareVariable = "LOCKWIRE_SOFTWARE"

func drawnBySoftware() bool { return os.Getenv(softwareVariable) != "" }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if job := os.Getenv(windowVariable); job != "" {
		err = runWindow(ctx, job)
	} else {
		rounds := flag.Int("rounds", 3, "rounds; the medians are printed")
		software := flag.Bool("software", false, "measure the window that is drawn without OpenGL, on a display that has none")
		still := flag.Bool("still", false, "measure only the real console while nothing goes on, and print that as JSON")
		pages := flag.Bool("pages", false, "measure only the pages of a large estate")
		pictures := pictures{}
		flag.StringVar(&pictures.folder, "draw", "", "measure nothing, and draw the pages of a large estate into this folder")
		flag.StringVar(&pictures.estate, "estate", "large", "large or middle: which one is drawn")
		flag.StringVar(&pictures.page, "page", "", "the only page that is drawn")
		flag.StringVar(&pictures.theme, "theme", "light", "light, dark or contrast")
		flag.StringVar(&pictures.size, "size", "1280x800", "of the window that is drawn")
		flag.Float64Var(&pictures.scale, "scale", 1, "pixels of a point")
		flag.Parse()
		if pictures.folder != "" {
			exitOn(stop, pictures.draw(ctx))
			return
		}
		if *software {
			if err := os.Setenv(softwareVariable, "1"); err != nil {
				panic(err) // the name is a constant
			}
		}
		err = onDisplay(ctx, func(folder, display string) error {
			switch {
			case *still:
				return runStill(ctx, folder, display, os.Stdout)
			case *pages:
				return runPages(ctx, folder, display, os.Stdout)
			}
			return run(ctx, folder, display, max(1, *rounds), os.Stdout)
		})
	}
	exitOn(stop, err)
}

// exitOn ends the program where something went wrong.
func exitOn(stop func(), err error) {
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
	made := time.Now()
	loads := []struct {
		job
		all *[]figures
	}{{job{Folder: filepath.Join(folder, "empty"), Made: made}, &idle}, {job{Folder: filepath.Join(folder, "large"), Made: made, Size: estate.Large}, &busy}}
	for _, load := range loads {
		if err := keepCrowd(ctx, load.Folder, load.Size, made); err != nil {
			return err
		}
	}
	for range rounds {
		for _, load := range loads {
			one, err := measureWindow(ctx, folder, display, load.job)
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

// runPages measures one round of a large estate alone.
func runPages(ctx context.Context, folder, display string, out io.Writer) error {
	j := job{Folder: filepath.Join(folder, "large"), Made: time.Now(), Size: estate.Large}
	if err := keepCrowd(ctx, j.Folder, j.Size, j.Made); err != nil {
		return err
	}
	f, err := measureWindow(ctx, folder, display, j)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "CPU on Sessions %.1f %%, at rest %.1f %%, in the tray %.1f %%; memory %.0f MB, of it heap %.0f MB\n", f.CPU, f.Resting, f.Hidden, f.RSS, f.Heap)
	printPages(out, []figures{f})
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
	options := []string{"-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp"}
	if drawnBySoftware() {
		options = append(options, "-extension", "GLX")
	}
	xvfb := exec.Command("Xvfb", options...)
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
func measureWindow(ctx context.Context, folder, display string, j job) (f figures, err error) {
	program, err := os.Executable()
	if err != nil {
		return f, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	j.Started = time.Now()
	text, err := json.Marshal(j)
	if err != nil {
		return f, err
	}
	window := exec.CommandContext(ctx, program)
	window.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said, failed bytes.Buffer
	window.Stdout, window.Stderr = &said, &failed
	window.Env = append(environment(folder, display), windowVariable+"="+string(text))
	if err := window.Run(); err != nil {
		return f, fmt.Errorf("the console with %d sessions: %w\n%s", j.Size.Sessions, err, &failed)
	}
	return f, json.Unmarshal(said.Bytes(), &f)
}

// environment is that of a window on the display, with everything of its user in the folder.
func environment(folder, display string) []string {
	return append(os.Environ(), "DISPLAY="+display, "WAYLAND_DISPLAY=", "LIBGL_ALWAYS_SOFTWARE=1", "HOME="+folder, "XDG_CONFIG_HOME="+folder,
		"XDG_CACHE_HOME="+folder, "XDG_STATE_HOME="+folder, "XDG_DATA_HOME="+folder, "XDG_RUNTIME_DIR="+folder)
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
