package components

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// componentDetails is the pane that shows everything that is known of one component.
type componentDetails struct {
	content  fyne.CanvasObject
	heading  *kit.DetailHeading
	problem  *kit.Notice
	headroom *page.HeadroomLine
	list     *kit.DetailList
	buttons  *fyne.Container
}

func newComponentDetails(buttons ...fyne.CanvasObject) *componentDetails {
	d := &componentDetails{heading: kit.NewDetailHeading(), headroom: page.NewHeadroomLine(), problem: kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, ""), list: kit.NewDetailList(), buttons: kit.ButtonRow(buttons...)}
	d.problem.Hide()
	d.content = kit.Border(container.NewVBox(d.heading.Content, d.headroom.Content, d.buttons, d.problem), nil, nil, nil, container.NewVScroll(d.list.Content))
	return d
}

func (d *componentDetails) update(state *model.State, c *engine.ComponentStatus) {
	words, color := page.ComponentState(c)
	d.heading.Set(c.Name, words, color)
	if state.MayChange() && c.Revoked.IsZero() {
		d.buttons.Show()
	} else {
		d.buttons.Hide()
	}
	words = drainNotice(c, state.When, engine.CarriesOf(state.Sessions)[c.ID])
	d.problem.SetText(words)
	kit.Present(d.problem, words != "")
	kit.Present(d.headroom.Content, c.Revoked.IsZero())
	d.headroom.Set(c, engine.CarriedBy(state.Sessions)[c.ID], state.Low[c.ID])
	d.list.Set(componentFacts(state, c))
}

// componentFacts are the facts of a component, in the order in which the pane shows them.
func componentFacts(state *model.State, c *engine.ComponentStatus) []kit.Detail {
	report := &c.Report
	facts := []kit.Detail{
		{Name: "Role", Value: string(c.Role)},
		{Name: "Tags", Value: strings.Join(c.Tags, ", ")},
		{Name: "Own limit", Value: ownLimitWords(c)},
		{Name: "Addresses", Value: addressLines(c.Addresses())},
		{Name: "Data port", Value: endpointWords(report)},
		{Name: "Allowed backends", Value: backendWords(report)},
		{Name: "Live sessions", Value: text.Number(int(c.Sessions))},
		{Name: "Load", Value: text.Load(c)},
		{Name: "Processor", Value: text.Processor(report.Processor)},
		{Name: "AES instructions", Value: text.AES(c)},
		{Name: "Memory of agent", Value: memoryWords(c)},
		{Name: "Agent", Value: strings.TrimSpace(fmt.Sprintf("%s %s", report.Version, platformWords(report)))},
		{Name: "Key erasure", Value: erasureWords(report)},
		{Name: "FIPS mode", Value: map[bool]string{true: "strict: AES-256-GCM is the only cipher"}[report.FIPS]},
		{Name: "Control stream", Value: c.Group},
		{Name: "Certificate until", Value: certificateWords(c, state.When)},
		{Name: "Joined", Value: text.Time(c.Joined)},
		{Name: "Last seen", Value: lastSeenWords(c, state.When)},
		{Name: "Revoked", Value: text.Time(c.Revoked), Importance: widget.DangerImportance},
		{Name: "Id", Value: string(c.ID), Copied: true},
	}
	return facts
}

func ownLimitWords(c *engine.ComponentStatus) string {
	if c.LocalLimit == nil {
		return "none"
	}
	return c.LocalLimit.String()
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

func memoryWords(c *engine.ComponentStatus) string {
	if !c.Online || c.Load.Memory == 0 {
		return ""
	}
	return text.Size(c.Load.Memory)
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
		return text.Time(c.CertificateExpires) + ", ended: join it again with a new token"
	case c.CertificateEndsSoon(now):
		return text.Time(c.CertificateExpires) + ", soon: it is renewed while the component is online"
	}
	return text.Time(c.CertificateExpires)
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
	return text.Time(c.LastSeen) + ", " + text.Age(c.LastSeen, now) + " ago" + from
}
