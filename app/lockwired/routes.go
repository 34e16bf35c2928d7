package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

func routesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "routes", Short: "Where backup tools connect, and where that leads"}
	cmd.AddCommand(routesList(), routesShow(), routesAdd(), routesEdit(), routesRemove(), routesTest(), routesProbe())
	return cmd
}

func routesList() *cobra.Command {
	return addJSON(&cobra.Command{Use: "list", Short: "List the routes", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			routes, err := a.Routes(cmd.Context())
			if err != nil {
				return err
			}
			return list(cmd, routes, "NAME|ON|PROTECTION|LISTEN|SOURCES|TARGET|BACKEND|FLOW|SESSIONS|OPEN LEGS", func(r engine.RouteStatus) []any {
				return []any{r.Name, engine.OnOff(r.Enabled), strings.Join(r.Protections(), "; "), r.Listen, listeners(r.Listeners), r.TargetName, r.Backend, r.Direction, r.Sessions, strings.Join(r.OpenLegs, "; ")}
			})
		})})
}

func routesShow() *cobra.Command {
	return addJSON(&cobra.Command{Use: "show NAME", Short: "Show everything of a route, and what protects it from each source now", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			r, err := findRoute(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), r)
			}
			out := cmd.OutOrStdout()
			for _, fact := range []struct {
				name  string
				value any
			}{
				{"name", r.Name}, {"on", engine.OnOff(r.Enabled)}, {"listens on", r.Listen}, {"target", r.TargetName}, {"backend", r.Backend},
				{"service", r.ServiceName}, {"flow", r.Direction}, {"live sessions", r.Sessions},
			} {
				fmt.Fprintf(out, "%-14s %v\n", fact.name, fact.value)
			}
			for _, words := range r.Protections() {
				fmt.Fprintf(out, "%-14s %s\n", "protection", words)
			}
			for _, listener := range r.Listeners {
				fmt.Fprintf(out, "%-14s %s: %s\n", "listener", listener.ComponentName, listenerWords(listener))
			}
			for _, leg := range r.OpenLegs {
				fmt.Fprintf(out, "%-14s %s\n", "open leg", leg)
			}
			return nil
		})})
}

func listeners(all []engine.Listener) string {
	text := make([]string, len(all))
	for i, listener := range all {
		text[i] = fmt.Sprintf("%s (%s)", listener.ComponentName, listenerWords(listener))
	}
	return strings.Join(text, ", ")
}

func listenerWords(listener engine.Listener) string {
	if listener.Problem == "" {
		return string(listener.State)
	}
	return fmt.Sprintf("%s: %s", listener.State, listener.Problem)
}

// routeFlags are the fields of a route on the command line.
type routeFlags struct {
	name, listen, service, target, backend, flow string
	provider                                     string
	sources                                      []string
	linger, streams                              int
	enabled, yes                                 bool
}

func (f *routeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.sources, "source", nil, "components that listen, or tag:NAME")
	flags.StringVar(&f.listen, "listen", "", "ADDR:PORT on which the sources listen, such as 127.0.0.1:8000")
	flags.StringVar(&f.service, "service", "", "service to which the route leads")
	flags.StringVar(&f.flow, "flow", string(engine.Push), "which way backups go: push (source to target) or pull")
	flags.IntVar(&f.linger, "linger", 0, "seconds that a session waits for the next connection (0: the setting)")
	flags.IntVar(&f.streams, "streams", 0, "how many streams one sealed connection may have at once, 2 to 100; 1 is a single one (0: the setting)")
	flags.BoolVar(&f.enabled, "enabled", true, "whether the route is on")
	flags.BoolVar(&f.yes, "yes", false, "confirm legs that are plain, or a backend that the target does not allow yet")
}

func (f *routeFlags) applyTo(cmd *cobra.Command, a engine.Administration, route *engine.Route) error {
	given := cmd.Flags().Changed
	if given("source") {
		route.Sources, route.SourceTag = nil, ""
		for _, source := range f.sources {
			if tag, isTag := strings.CutPrefix(source, "tag:"); isTag {
				if len(f.sources) > 1 {
					return host.Usage(&engine.FieldError{Field: "source", Err: fmt.Errorf("give either components or one tag")})
				}
				route.SourceTag = tag
				continue
			}
			component, err := findComponent(cmd, a, source)
			if err != nil {
				return err
			}
			route.Sources = append(route.Sources, component.ID)
		}
	}
	if given("service") && f.provider == "" {
		service, err := findService(cmd, a, f.service)
		if err != nil {
			return err
		}
		route.Service = service.ID
	}
	if given("listen") {
		route.Listen = f.listen
	}
	if given("flow") || route.Direction == "" {
		route.Direction = engine.Direction(f.flow)
	}
	if given("linger") {
		route.LingerSeconds = f.linger
	}
	if given("streams") {
		route.Streams = f.streams
	}
	if given("enabled") {
		route.Enabled = f.enabled
	}
	if given("name") {
		route.Name = f.name
	}
	return nil
}

// edit makes an edit of a route of what was given. A service of the route's own stays its own, unless --service names another.
func (f *routeFlags) edit(cmd *cobra.Command, a engine.Administration, status *engine.RouteStatus, route engine.Route) (engine.RouteEdit, error) {
	edit := engine.RouteEdit{Route: route}
	given := cmd.Flags().Changed
	if given("service") {
		if given("target") || given("backend") {
			return edit, host.Usage(fmt.Errorf("give --target and --backend, or --service"))
		}
		return edit, nil
	}
	service, err := findService(cmd, a, string(status.Service))
	if err != nil {
		return edit, err
	}
	if service.MadeFor != route.ID && !given("target") && !given("backend") {
		return edit, nil
	}
	edit.Own = service.Own()
	if service.MadeFor == route.ID {
		edit.Own.Revision = service.Revision
	}
	if given("target") {
		target, err := findComponent(cmd, a, f.target)
		if err != nil {
			return edit, err
		}
		edit.Own.Target, edit.Own.Provider, edit.Own.Remote = target.ID, "", ""
	}
	if given("backend") {
		edit.Own.Backend = f.backend
	}
	return edit, nil
}

func routesAdd() *cobra.Command {
	var flags routeFlags
	cmd := &cobra.Command{Use: "add [NAME] --source C[,C…]|tag:T --listen ADDR --target C --backend HOST:PORT", Short: "Add a route, and the service that it leads to",
		Long: "Add a route. With --target and --backend the service is made too; with --service an existing one is used.\n" +
			"With --provider it leads to a service of that service provider: what goes there is always encrypted.\n" +
			"Without a name the route is called after its target and port.",
		Example: "  lockwired routes add restic --source fileserver --listen 127.0.0.1:8000 --target vault --backend 127.0.0.1:8000\n" +
			"  lockwired routes add copies --source fileserver --listen 127.0.0.1:8001 --provider \"Vault Ltd\" --service restic",
		Args: cobra.MaximumNArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			route := engine.Route{Enabled: true}
			if err := flags.checkProvider(); err != nil {
				return err
			}
			if err := flags.applyTo(cmd, a, &route); err != nil {
				return err
			}
			own, err := flags.own(cmd, a)
			if err != nil {
				return err
			}
			if route.Name = flags.target + " " + flags.backend; len(arguments) == 1 {
				route.Name = arguments[0]
			} else if flags.service != "" {
				route.Name = flags.service + " " + flags.listen
			}
			edit := engine.RouteEdit{Route: route, Own: own}
			if _, err := apply(cmd, a, engine.Change{PutRoute: &edit}, flags.yes, false, nil); err != nil {
				return err
			}
			if flags.provider != "" {
				fmt.Fprintf(cmd.OutOrStdout(), "added route %s; how it stands: lockwired routes show %q\n", route.Name, route.Name)
				return nil
			}
			fmt.Fprintf(cmd.OutOrStdout(), "added route %s; try it with: lockwired routes test %q\n", route.Name, route.Name)
			return nil
		})}
	flags.add(cmd)
	cmd.Flags().StringVar(&flags.target, "target", "", "component behind which the backend is")
	cmd.Flags().StringVar(&flags.backend, "backend", "", "HOST:PORT that the target dials")
	cmd.Flags().StringVar(&flags.provider, "provider", "", "service provider whose service --service names")
	cmd.MarkFlagRequired("source")
	cmd.MarkFlagRequired("listen")
	return cmd
}

// checkProvider refuses flags that do not go with --provider.
func (f *routeFlags) checkProvider() error {
	if f.provider != "" && (f.service == "" || f.target != "" || f.backend != "") {
		return host.Usage(fmt.Errorf("give --service, one of the provider's, with --provider, and neither --target nor --backend"))
	}
	return nil
}

// own gives the service that is made with a new route; nil where the route leads to one that is there.
func (f *routeFlags) own(cmd *cobra.Command, a engine.Administration) (*engine.OwnService, error) {
	behind := f.target != "" || f.backend != ""
	switch {
	case f.provider != "":
		provider, err := findProvider(cmd, a, f.provider)
		if err != nil {
			return nil, err
		}
		service, err := oneOf("service of the provider", f.service, provider.Services, func(s *engine.ProviderService) engine.ID { return s.ID }, func(s *engine.ProviderService) string { return s.Name })
		if err != nil {
			return nil, fmt.Errorf("%w; lockwired providers show %q says which it lets this installation use, once it is connected and confirmed", err, provider.Name)
		}
		return &engine.OwnService{Provider: provider.ID, Remote: service.ID}, nil
	case f.service != "" && !behind:
		return nil, nil
	case f.service == "" && f.target != "" && f.backend != "":
		target, err := findComponent(cmd, a, f.target)
		if err != nil {
			return nil, err
		}
		return &engine.OwnService{Target: target.ID, Backend: f.backend}, nil
	}
	return nil, host.Usage(fmt.Errorf("give --target and --backend, or --service"))
}

func routesEdit() *cobra.Command {
	var flags routeFlags
	cmd := &cobra.Command{Use: "edit NAME", Short: "Change fields of a route; those that are not named stay", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			status, err := findRoute(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			route := status.Route
			if err := flags.applyTo(cmd, a, &route); err != nil {
				return err
			}
			edit, err := flags.edit(cmd, a, &status, route)
			if err != nil {
				return err
			}
			if _, err := apply(cmd, a, engine.Change{PutRoute: &edit}, flags.yes, false, nil); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "changed route", route.Name)
			return nil
		})}
	flags.add(cmd)
	cmd.Flags().StringVar(&flags.name, "name", "", "new name")
	cmd.Flags().StringVar(&flags.target, "target", "", "component behind which the backend is")
	cmd.Flags().StringVar(&flags.backend, "backend", "", "HOST:PORT that the target dials")
	return cmd
}

func routesRemove() *cobra.Command {
	return &cobra.Command{Use: "remove NAME", Short: "Remove a route, and the service that was made with it; connections that are open finish", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			route, err := findRoute(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if _, err := apply(cmd, a, engine.Change{RemoveRoute: route.ID}, false, false, nil); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "removed route", route.Name)
			return nil
		})}
}

func routesTest() *cobra.Command {
	var mebibytes int64
	var compare, connect bool
	cmd := addJSON(&cobra.Command{Use: "test NAME", Short: "Move real bytes over a route, and look for ways around Lockwire",
		Long: "Move real bytes over a route, from each of its sources, in a session of its own: as sealed or plain as the rules say.\n" +
			"With --compare it then moves as much the other way, with bytes that are made up for it, and says what encryption takes.\n" +
			"It also says whether the backend listens, and whether only for Lockwire, as the target's table of sockets has it.\n" +
			"With --connect the target connects to the backend instead, and each source tries to reach it without Lockwire: not for a\n" +
			"backend that takes a single connection. What was not tried is neither good nor bad.\n" +
			"To a service provider the bytes go through the tunnel to its repository, always sealed, and count for the quota there; what lies\n" +
			"behind its gateway is the provider's to look at.",
		Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			route, err := findRoute(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			results, err := a.TestRoute(cmd.Context(), engine.RouteTest{Route: route.ID, Bytes: mebibytes << 20, Compare: compare, Connect: connect})
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				if err := printJSON(cmd.OutOrStdout(), results); err != nil {
					return err
				}
			}
			failed := 0
			for i := range results {
				if !asJSON(cmd) {
					printTest(cmd, &results[i], &route)
				}
				if !results[i].Good() {
					failed++
				}
			}
			if failed > 0 {
				return fmt.Errorf("the test of route %s found problems on %d of %d sources", route.Name, failed, len(results))
			}
			return nil
		})})
	cmd.Flags().Int64Var(&mebibytes, "mebibytes", 64, "how much to move from each source")
	cmd.Flags().BoolVar(&compare, "compare", false, "also plain where the rules seal, and sealed where they do not")
	cmd.Flags().BoolVar(&connect, "connect", false, "connect to the backend, from the target and from each source past Lockwire")
	return cmd
}

func printTest(cmd *cobra.Command, r *engine.RouteTestResult, route *engine.RouteStatus) {
	out := cmd.OutOrStdout()
	yes := map[bool]string{true: "yes", false: "NO"}
	reaches := "reaches the data port"
	if route.Provider != "" {
		reaches = "reaches the repository"
		if r.DataPort {
			r.Endpoint = "through the gateway " + r.Endpoint
		}
	}
	fmt.Fprintf(out, "%s -> %s\n", r.ComponentName, route.TargetName)
	fmt.Fprintf(out, "  %-23s %s %s\n", reaches, yes[r.DataPort], r.Endpoint)
	fmt.Fprintf(out, "  backend listens         %s\n", observationWords(r.Backend, engine.AnswerNo))
	fmt.Fprintf(out, "  backend answers around  %s\n", observationWords(r.Around, engine.AnswerYes))
	if r.Around.Answer == engine.AnswerYes {
		fmt.Fprintln(out, "                          bind it to 127.0.0.1, or firewall it")
	}
	printTransfer(out, "moved", &r.RouteTransfer)
	if r.Other != nil {
		printTransfer(out, "to compare", r.Other)
	}
	if r.Problem != "" {
		fmt.Fprintln(out, "  problem                 "+r.Problem)
	}
}

func printTransfer(out io.Writer, what string, t *engine.RouteTransfer) {
	if t.BytesPerSecond() == 0 {
		return
	}
	perGB := func(cpu time.Duration) string {
		if cpu == 0 {
			return "not known"
		}
		return fmt.Sprintf("%.2f", cpu.Seconds()/float64(t.Bytes)*1e9)
	}
	fmt.Fprintf(out, "  %-23s %s %s in %v, %s; CPU s/GB: source %s, target %s\n",
		what, size(uint64(t.Bytes)), t.Mode, t.Elapsed.Round(time.Millisecond), rate(t.BytesPerSecond()), perGB(t.SourceCPU), perGB(t.TargetCPU))
}

// observationWords say what was found, in capitals where it is bad.
func observationWords(f engine.Observation, bad engine.Answer) string {
	words := string(f.Answer)
	if f.Answer == bad {
		words = strings.ToUpper(words)
	}
	if len(f.At) > 0 {
		words += ", at " + strings.Join(f.At, ", ")
	}
	if f.Words != "" {
		words += ": " + f.Words
	}
	return words
}

func routesProbe() *cobra.Command {
	return addJSON(&cobra.Command{Use: "probe NAME", Short: "Say whether a route is ready, for monitoring",
		Long: "Say for each source of a route whether it listens, whether the target is attached and whether the backend listens there.\n" +
			"It begins no session, makes no connection and leaves no receipt. Code 0: nothing that was looked at is wrong; 1: something is; 2: wrong command line.\n" +
			"Whether a backend listens that is not on the target itself is not tried; 'routes test --connect' does.",
		Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			route, err := findRoute(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			probes, err := a.ProbeRoute(cmd.Context(), route.ID)
			if err != nil {
				return err
			}
			if err := list(cmd, probes, "SOURCE|LISTENER|TARGET|BACKEND", func(p engine.RouteProbe) []any {
				attached := "attached"
				switch {
				case route.Provider != "" && p.TargetAttached:
					attached = "ready"
				case route.Provider != "":
					attached = "NOT ready"
				case !p.TargetAttached:
					attached = "NOT attached"
				}
				return []any{p.ComponentName, listenerWords(p.Listener), attached, observationWords(p.Backend, engine.AnswerNo)}
			}); err != nil {
				return err
			}
			bad := 0
			for i := range probes {
				if !probes[i].Good() {
					bad++
				}
			}
			switch {
			case len(probes) == 0:
				return fmt.Errorf("route %s has no source", route.Name)
			case bad > 0:
				return fmt.Errorf("route %s is not ready on %d of %d sources", route.Name, bad, len(probes))
			}
			return nil
		})})
}
