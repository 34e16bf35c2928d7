package routes

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// routeRow is a route as the table shows it.
type routeRow struct {
	id       engine.ID
	name     string
	on       string
	sources  string
	state    string
	color    fyne.ThemeColorName // of the state
	listen   string
	target   string
	backend  string
	flow     string
	sessions int
	// protection is the present protection in words, protected the worst of its states.
	protection string
	protected  engine.ProtectionState
	open       string // open legs, in few words
	text       string // what a filter looks in
}

func makeRouteRow(r *engine.RouteStatus) routeRow {
	row := routeRow{
		id: r.ID, name: r.Name, on: "on", sources: sourceWords(r), listen: r.Listen, target: r.TargetName, backend: r.Backend,
		flow: string(r.Direction), sessions: r.Sessions, open: openLegWords(r),
	}
	if !r.Enabled {
		row.on = "off"
	}
	row.state, row.color = listenerWords(r)
	row.protection, row.protected = protectionOf(r)
	row.text = strings.Join([]string{row.name, row.sources, row.state, row.protection, row.listen, row.target, row.backend, row.flow, row.open, r.ServiceName}, " ")
	return row
}

func sourceWords(r *engine.RouteStatus) string {
	names := make([]string, len(r.Listeners))
	for i, l := range r.Listeners {
		names[i] = l.ComponentName
	}
	text := strings.Join(names, ", ")
	if r.SourceTag == "" {
		return text
	}
	if text == "" {
		text = "no component yet"
	}
	return "tag:" + r.SourceTag + ": " + text
}

// listenerWords sums up the listeners of a route.
func listenerWords(r *engine.RouteStatus) (string, fyne.ThemeColorName) {
	count := map[engine.ListenerState]int{}
	for _, l := range r.Listeners {
		count[l.State]++
	}
	all := len(r.Listeners)
	switch {
	case !r.Enabled:
		return "off", kit.ColorMuted
	case all == 0:
		return "no source", kit.ColorPlain
	case count[engine.ListenerUp] == all:
		if all == 1 {
			return "listening", kit.ColorSealed
		}
		return fmt.Sprintf("listening on %d", all), kit.ColorSealed
	case all == 1:
		return string(r.Listeners[0].State), listenerColor(r.Listeners[0].State)
	}
	var parts []string
	worst := kit.ColorMuted
	for _, state := range []engine.ListenerState{engine.ListenerUp, engine.ListenerFailed, engine.ListenerOffline, engine.ListenerPending} {
		if count[state] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[state], state))
		}
	}
	if count[engine.ListenerFailed] > 0 {
		worst = kit.ColorRefused
	}
	return strings.Join(parts, ", "), worst
}

func listenerColor(state engine.ListenerState) fyne.ThemeColorName {
	switch state {
	case engine.ListenerUp:
		return kit.ColorSealed
	case engine.ListenerFailed:
		return kit.ColorRefused
	}
	return kit.ColorMuted
}

// openLegWords names the parts of a route that are plain outside the channel.
func openLegWords(r *engine.RouteStatus) string {
	var legs []string
	if !engine.IsLoopback(r.Listen) {
		legs = append(legs, "listener")
	}
	if r.Provider == "" && !engine.IsLoopback(r.Backend) {
		legs = append(legs, "backend")
	}
	return strings.Join(legs, ", ")
}

// routeFacts are the facts of a route, in the order in which its pane shows them.
func routeFacts(r *engine.RouteStatus, settings *engine.Settings) []kit.Detail {
	change, note := presetFor(r.Backend).toolChange(r.Listen)
	facts := []kit.Detail{
		{Name: "Sources", Value: listenerLines(r)},
		{Name: "Protection", Value: strings.Join(r.Protections(), "\n")},
		{Name: "Listens on", Value: r.Listen, Copied: true},
		{Name: "Target", Value: r.TargetName},
		{Name: "Backend", Value: r.Backend},
		{Name: "Service", Value: serviceName(r)},
		{Name: "Flow", Value: flowWords(r.Direction)},
		{Name: "Linger", Value: lingerWords(r.LingerSeconds, settings)},
		{Name: "Upload streams", Value: streamsWords(r.Streams, settings)},
		{Name: "Live sessions", Value: text.Number(int(r.Sessions))},
		{Name: "In the tool", Value: change, Copied: true},
		{Name: "", Value: note, Importance: widget.LowImportance},
		{Name: "Id", Value: string(r.ID), Copied: true},
	}
	return facts
}

func serviceName(r *engine.RouteStatus) string {
	if r.ServiceName == r.Name {
		return "" // made with the route, so that nobody looks for it by name
	}
	return r.ServiceName
}

func listenerLines(r *engine.RouteStatus) string {
	lines := make([]string, len(r.Listeners))
	for i, l := range r.Listeners {
		lines[i] = l.ComponentName + ": " + string(l.State)
		if !r.Enabled {
			lines[i] = l.ComponentName
		}
		if l.Problem != "" {
			lines[i] += ": " + l.Problem
		}
	}
	if r.SourceTag != "" {
		lines = slices.Insert(lines, 0, "all with the tag "+r.SourceTag+":")
		if len(r.Listeners) == 0 {
			lines = append(lines, "no component carries it yet")
		}
	}
	return strings.Join(lines, "\n")
}

func flowWords(flow engine.Direction) string {
	if flow == engine.Pull {
		return "pull: the source fetches the target's data"
	}
	return "push: the source sends its data to the target"
}

// asInSettings follows what a route has none of its own of.
const asInSettings = ", as in Settings"

func lingerWords(seconds int, settings *engine.Settings) string {
	if seconds == 0 {
		return fmt.Sprintf("%.0f s", settings.Linger().Seconds()) + asInSettings
	}
	return fmt.Sprintf("%d s", seconds)
}

func streamsWords(streams int, settings *engine.Settings) string {
	switch streams {
	case 0:
		return streamsWords(streamsOf(settings), settings) + asInSettings
	case engine.OneStream:
		return "a single one"
	}
	return fmt.Sprintf("at most %d at once", streams)
}

func routeSums(rows []*routeRow) []kit.Detail {
	sessions := 0
	states, protections, targets := text.Tally{}, text.Tally{}, text.Tally{}
	for _, row := range rows {
		sessions += row.sessions
		states.Add(row.state)
		protections.Add(row.protection)
		targets.Add("to " + row.target)
	}
	return []kit.Detail{{Name: "State", Value: states.Words()}, {Name: "Protection", Value: protections.Words()}, {Name: "Targets", Value: targets.Words()}, {Name: "Sessions", Value: text.Number(sessions)}}
}
