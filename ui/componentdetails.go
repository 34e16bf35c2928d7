package ui

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

// componentDetails is the pane that shows everything that is known of one component.
type componentDetails struct {
	content  fyne.CanvasObject
	heading  *detailHeading
	problem  *notice
	headroom *headroomLine
	list     *detailList
	buttons  *fyne.Container
}

func newComponentDetails(buttons ...fyne.CanvasObject) *componentDetails {
	d := &componentDetails{heading: newDetailHeading(), headroom: newHeadroomLine(), problem: newNotice(theme.WarningIcon(), ColorPlain, ""), list: newDetailList(), buttons: container.NewHBox(buttons...)}
	d.problem.Hide()
	d.content = border(container.NewVBox(d.heading.content, d.headroom.content, d.buttons, d.problem), nil, nil, nil, container.NewVScroll(d.list.content))
	return d
}

func (d *componentDetails) update(state *State, c *engine.ComponentStatus) {
	words, color := componentStateWords(c)
	d.heading.set(c.Name, words, color)
	if state.MayChange() && c.Revoked.IsZero() {
		d.buttons.Show()
	} else {
		d.buttons.Hide()
	}
	if c.Problem == "" {
		d.problem.Hide()
	} else {
		d.problem.setText(c.Problem)
		d.problem.Show()
	}
	present(d.headroom.content, c.Revoked.IsZero())
	d.headroom.set(c, engine.CarriedBy(state.Sessions)[c.ID])
	d.list.set(componentFacts(state, c))
}

// componentFacts are the facts of a component, in the order in which the pane shows them.
func componentFacts(state *State, c *engine.ComponentStatus) []detail {
	report := &c.Report
	facts := []detail{
		{name: "Role", value: string(c.Role)},
		{name: "Tags", value: strings.Join(c.Tags, ", ")},
		{name: "Own limit", value: ownLimitWords(c)},
		{name: "Addresses", value: addressLines(c.Addresses())},
		{name: "Data port", value: endpointWords(report)},
		{name: "Allowed backends", value: backendWords(report)},
		{name: "Live sessions", value: fmt.Sprint(c.Sessions)},
		{name: "Load", value: loadWords(c)},
		{name: "Processor", value: processorWords(report.Processor)},
		{name: "AES instructions", value: aesWords(c)},
		{name: "Memory of agent", value: memoryWords(c)},
		{name: "Agent", value: strings.TrimSpace(fmt.Sprintf("%s %s", report.Version, platformWords(report)))},
		{name: "Key erasure", value: erasureWords(report)},
		{name: "FIPS mode", value: map[bool]string{true: "strict: AES-256-GCM is the only cipher"}[report.FIPS]},
		{name: "Control stream", value: c.Group},
		{name: "Certificate until", value: certificateWords(c, state.When)},
		{name: "Joined", value: timeWords(c.Joined)},
		{name: "Last seen", value: lastSeenWords(c, state.When)},
		{name: "Revoked", value: timeWords(c.Revoked), importance: widget.DangerImportance},
		{name: "Id", value: string(c.ID), copied: true},
	}
	return facts
}

func ownLimitWords(c *engine.ComponentStatus) string {
	if c.LocalLimit == nil {
		return "none"
	}
	return c.LocalLimit.String() + " (not enforced yet)"
}

// addressLines writes each address on a line of its own, with where it is known from; public ones have the word.
func addressLines(addresses []engine.Address) string {
	lines := make([]string, len(addresses))
	for i, a := range addresses {
		line := a.String()
		if a.Interface != "" {
			line += " on " + a.Interface
		}
		if engine.Classify(a.Address) == engine.PublicAddress {
			line += ", public"
			if engine.IsShared(a.Address) {
				line += " (the shared range 100.64.0.0/10 counts as public)"
			}
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}

func endpointWords(report *engine.Report) string {
	lines := make([]string, len(report.Endpoints))
	for i, endpoint := range report.Endpoints {
		lines[i] = endpoint.String()
	}
	text := strings.Join(lines, "\n")
	if text != "" && report.Advertised {
		text += "\n(given by --advertise)"
	}
	return text
}

func backendWords(report *engine.Report) string {
	switch {
	case len(report.AllowedBackends) > 0:
		return strings.Join(report.AllowedBackends, "\n")
	case report.Version != "":
		return "none: no route can lead to it"
	}
	return ""
}

func loadWords(c *engine.ComponentStatus) string {
	if !c.Online || len(c.Load.Cores) == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %% of %s, %.2f of a core by the agent", 100*meanLoad(c.Load.Cores), counted(len(c.Load.Cores), "core", "cores"), c.Load.Agent)
}

func memoryWords(c *engine.ComponentStatus) string {
	if !c.Online || c.Load.Memory == 0 {
		return ""
	}
	return sizeWords(c.Load.Memory)
}

func processorWords(p engine.Processor) string {
	if p.Cores == 0 {
		return p.Name
	}
	return strings.TrimPrefix(p.Name+", ", ", ") + counted(p.Cores, "core", "cores")
}

func platformWords(report *engine.Report) string {
	if report.OS == "" {
		return ""
	}
	return report.OS + "/" + report.Architecture
}

func erasureWords(report *engine.Report) string {
	switch {
	case report.Version == "":
		return ""
	case report.ProvableErasure:
		return "provable"
	}
	return "released, not provable on this platform"
}

func certificateWords(c *engine.ComponentStatus, now time.Time) string {
	switch left := c.CertificateExpires.Sub(now); {
	case c.CertificateExpires.IsZero():
		return ""
	case left < 0:
		return timeWords(c.CertificateExpires) + ", ended: join it again with a new token"
	case left < certificateSoon:
		return timeWords(c.CertificateExpires) + ", soon: it is renewed while the component is online"
	}
	return timeWords(c.CertificateExpires)
}

func lastSeenWords(c *engine.ComponentStatus, now time.Time) string {
	from := ""
	if c.SeenFrom.IsValid() {
		from = " from " + c.SeenFrom.String()
	}
	switch {
	case c.Online:
		return "now" + from
	case c.LastSeen.IsZero():
		return "never"
	}
	return timeWords(c.LastSeen) + ", " + ageWords(c.LastSeen, now) + " ago" + from
}
