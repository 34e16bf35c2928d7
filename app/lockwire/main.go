// Lockwire is the console: traffic rules by point and click, live sessions, headroom. It attaches to the broker of this
// machine, or runs one itself, with this computer as a component.
package main

import (
	"fmt"
	"log/slog"
	"os"
	_ "time/tzdata" // schedules name time zones, and Windows and small systems have no database of them

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/ui/text"
)

// options are the program's command line.
type options struct {
	data, broker, listen, logLevel, snapshot, page, theme, size string
	tryOut, software                                            bool
	sizeAsked                                                   bool    // size is not only the default
	scale                                                       float32 // pixels for each unit of what is drawn
}

func main() {
	terminal := openTerminal()
	ctx, stop := host.Context()
	err := command(terminal).ExecuteContext(ctx)
	stop()
	if err != nil {
		terminal.tell("lockwire: " + err.Error())
		code := host.ExitFailed
		if host.IsUsage(err) {
			code = host.ExitUsage
		}
		os.Exit(code)
	}
}

func command(terminal *terminal) *cobra.Command {
	cobra.MousetrapHelpText = "" // on Windows cobra ends a program that was started with a double click, for lack of a console
	var o options
	cmd := &cobra.Command{
		Use:   "lockwire",
		Short: "The console of Lockwire",
		Long: "The console of Lockwire. It attaches to the broker that runs on this machine; where none runs, it runs one itself on the data\n" +
			"folder, with this computer as a component. Without a display use lockwired, which does everything on the command line.",
		Version: host.Version(), SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			to, closeLog := terminal.log(o.dataFolder())
			defer closeLog()
			log, err := host.NewLogger(to, o.logLevel, "text")
			if err != nil {
				return host.Usage(err)
			}
			host.Prepare(log)
			text.Use(systemLocale(os.Getenv))
			if o.snapshot != "" {
				return drawSnapshots(cmd.Context(), o, log)
			}
			terminal.leave()
			o.sizeAsked = cmd.Flags().Changed("size")
			return runConsole(cmd.Context(), o, log)
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return host.Usage(err) })
	flags := cmd.Flags()
	flags.StringVar(&o.data, "data", "", "data folder (default "+host.DataFolder("lockwired")+")")
	flags.StringVar(&o.broker, "broker", "", "HOST:PORT of a broker elsewhere, or the id of its installation, in which this user is enrolled as an administrator")
	flags.StringVar(&o.listen, "listen", "", "ADDR:PORT for components and administrators, where the broker runs in this window (default: all addresses, port 6170)")
	flags.BoolVar(&o.tryOut, "try", false, "try it on this computer: everything in a temporary folder, with real traffic on loopback")
	flags.BoolVar(&o.software, "software", false, "draw the window without OpenGL, as is done by itself where there is none; "+softwareVariable+"=1 in the environment does so, too")
	flags.StringVar(&o.snapshot, "snapshot", "", "draw the pages as PNG into this folder, without a display, and end")
	flags.StringVar(&o.page, "page", "", "the page to open, or the only one to draw")
	flags.StringVar(&o.theme, "theme", "", "system, light, dark or contrast; only that one is drawn")
	flags.StringVar(&o.size, "size", "1280x800", "size of the window or of what is drawn")
	flags.Float32Var(&o.scale, "scale", 1, "pixels for each unit of --size in what --snapshot draws, such as 2")
	flags.StringVar(&o.logLevel, "log-level", "warn", "debug, info, warn or error")
	return cmd
}

// dataFolder is the folder that the console works on: the one that was named, that of a broker that runs as a service, or the user's.
func (o *options) dataFolder() string {
	if o.data != "" {
		return o.data
	}
	return host.DataFolder("lockwired")
}

func sizeOf(text string) (width, height float32, err error) {
	var w, h int
	if _, err := fmt.Sscanf(text, "%dx%d", &w, &h); err != nil || w < 800 || h < 500 || w > 8000 || h > 8000 {
		return 0, 0, host.Usage(fmt.Errorf("--size %q: write WIDTHxHEIGHT, from 800x500", text))
	}
	return float32(w), float32(h), nil
}

// quiet keeps the engine's chatter from the terminal of somebody who only wanted a window.
func quiet(log *slog.Logger, part string) *slog.Logger { return log.With("part", part) }
