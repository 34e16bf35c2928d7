package sessions

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/chart"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// sessionDetails is the pane that shows everything that is known of one session, live or ended: what it carries, the life of its
// key, and why it is as it is.
type sessionDetails struct {
	console  *page.Console
	content  *fyne.Container
	hint     fyne.CanvasObject // while none is chosen
	full     fyne.CanvasObject
	scroll   *container.Scroll
	heading  *kit.DetailHeading
	said     *fyne.Container // a notice, where there is something to say
	keyTitle fyne.CanvasObject
	key      *timeline
	facts    *kit.DetailList
	rate     *chart.Area
	rates    fyne.CanvasObject
	why      *fyne.Container
	left     *fyne.Container // facts and rate
	body     *fyne.Container
	compared bool // two decisions are shown side by side

	thing     engine.ID
	saying    string
	pair      string           // the two of the session, as page.PairThing names them
	decided   *engine.Decision // the decision that why explains, and the present one beside it
	now       *engine.Decision
	trailSize int
}

func newSessionDetails(c *page.Console, hint string) *sessionDetails {
	d := &sessionDetails{console: c, heading: kit.NewDetailHeading(), said: container.NewStack(), key: newTimeline(nil), facts: kit.NewDetailList(), why: container.NewStack()}
	d.rate = chart.NewArea(func(v float64) string { return text.Rate(uint64(v)) }, d.moment,
		chart.Series{Name: "to target", Color: kit.ColorSealedFill}, chart.Series{Name: "to source", Color: kit.ColorPlainFill})
	d.rates = container.NewVBox(kit.Caption("Rate, the last minute"), container.NewStack(container.NewGridWrap(fyne.NewSize(1, 110), layout.NewSpacer()), d.rate))
	d.keyTitle = kit.Caption("Life of the key")
	d.left = container.NewVBox(d.facts.Content, d.rates)
	d.body = container.NewVBox()
	d.arrange(false)
	d.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 8, 0, 14), d.body))
	d.full = kit.Border(d.heading.Content, nil, nil, nil, d.scroll)
	d.hint = container.NewCenter(container.New(kit.FixedWidth(420), kit.Centered(hint)))
	d.content = container.NewStack(d.hint)
	return d
}

// twoColumns lays two objects out side by side, or below each other in a narrow pane.
type twoColumns struct{}

// sideBySide is how wide a pane has to be for two columns of text.
const sideBySide = 720

func (twoColumns) MinSize(o []fyne.CanvasObject) fyne.Size {
	if o[0].Size().Width+o[1].Size().Width >= sideBySide {
		return fyne.NewSize(200, max(o[0].MinSize().Height, o[1].MinSize().Height))
	}
	return fyne.NewSize(200, o[0].MinSize().Height+o[1].MinSize().Height)
}

func (twoColumns) Layout(o []fyne.CanvasObject, size fyne.Size) {
	if size.Width < sideBySide {
		o[0].Resize(fyne.NewSize(size.Width, 1)) // wrapped text knows its height only at a width
		o[0].Resize(fyne.NewSize(size.Width, o[0].MinSize().Height))
		o[1].Move(fyne.NewPos(0, o[0].Size().Height))
		o[1].Resize(fyne.NewSize(size.Width, o[1].MinSize().Height))
		return
	}
	const gap = 20
	left := (size.Width - gap) * 0.44
	o[0].Move(fyne.NewPos(0, 0))
	o[0].Resize(fyne.NewSize(left, max(size.Height, o[0].MinSize().Height)))
	o[1].Move(fyne.NewPos(left+gap, 0))
	o[1].Resize(fyne.NewSize(size.Width-left-gap, max(size.Height, o[1].MinSize().Height)))
}

// arrange puts one explanation beside the facts, or two side by side above everything else.
func (d *sessionDetails) arrange(compared bool) {
	if len(d.body.Objects) > 0 && d.compared == compared {
		return
	}
	d.compared = compared
	d.body.Objects = []fyne.CanvasObject{d.said, d.keyTitle, d.key, container.New(twoColumns{}, d.left, d.why)}
	if compared {
		d.body.Objects = []fyne.CanvasObject{d.said, d.why, d.keyTitle, d.key, d.left}
	}
	d.body.Refresh()
}

// clear shows none.
func (d *sessionDetails) clear() {
	d.thing = ""
	d.put(d.hint)
}

func (d *sessionDetails) put(o fyne.CanvasObject) {
	if len(d.content.Objects) != 1 || d.content.Objects[0] != o {
		d.content.Objects = []fyne.CanvasObject{o}
		d.content.Refresh()
	}
}

// open scrolls to the top for another thing.
func (d *sessionDetails) open(thing engine.ID) {
	if d.thing != thing {
		d.thing = thing
		d.scroll.ScrollToTop()
	}
	d.put(d.full)
}

// showSession shows a live session as it is at a moment. Trail is its rate to target and to source, oldest first.
func (d *sessionDetails) showSession(s *engine.Session, now time.Time, trail [][]float64) {
	d.open(s.ID)
	d.heading.Set(s.SourceName+" to "+s.TargetName, text.SessionState(s), page.SessionColor(s))
	if s.Stale && s.Now != nil {
		d.say(kit.ColorPlain, fmt.Sprintf("Stale: it goes on as %s; under today's rules it would be %s. Cut it, or let it finish. The next session follows today's rules.", decidedWords(&s.Decision), decidedWords(s.Now)))
	} else {
		d.say("", "")
	}
	d.showKey(s.Key)
	d.facts.Set(sessionFacts(s, now))
	d.trailSize = len(trail)
	kit.Present(d.rates, len(trail) > 1)
	if len(trail) > 1 {
		d.rate.SetValues(trail)
	}
	var newer *engine.Decision
	if s.Stale && s.Now != nil {
		newer = &s.Now.Decision
	}
	d.explain(s.SourceName, s.TargetName, &s.Decision.Decision, newer)
}

// showReceipt shows a receipt. Ended says that the session has ended while it was shown.
func (d *sessionDetails) showReceipt(r *engine.Receipt, ended bool) {
	d.open(r.ID)
	d.heading.Set(r.SourceName+" to "+r.TargetName, text.Receipt(r), page.ReceiptColor(r))
	switch {
	case r.State == engine.SessionRefused:
		d.say(kit.ColorRefused, "Refused: "+r.Reason)
	case ended:
		d.say(kit.ColorMuted, "This session has ended: "+r.Reason)
	default:
		d.say("", "")
	}
	d.showKey(r.Key)
	d.facts.Set(receiptFacts(r))
	kit.Present(d.rates, false)
	d.explain(r.SourceName, r.TargetName, &r.Decision.Decision, nil)
}

// say shows a notice, or removes it for an empty text.
func (d *sessionDetails) say(color fyne.ThemeColorName, text string) {
	if d.saying == string(color)+text {
		return
	}
	d.saying = string(color) + text
	d.said.Objects = nil
	if text != "" {
		icon := theme.WarningIcon()
		switch color {
		case kit.ColorRefused:
			icon = theme.ErrorIcon()
		case kit.ColorMuted:
			icon = theme.InfoIcon()
		}
		d.said.Objects = []fyne.CanvasObject{kit.NewNotice(icon, color, text)}
	}
	d.said.Refresh()
}

func (d *sessionDetails) showKey(k engine.KeyLife) {
	made := !k.Made.IsZero()
	kit.Present(d.keyTitle, made)
	kit.Present(d.key, made)
	if made {
		d.key.set(keyEvents(k))
	}
}

// explain shows a decision on a pair, and a second one beside it if there is one. It rebuilds only on a change.
func (d *sessionDetails) explain(source, target string, decided, now *engine.Decision) {
	pair := page.PairThing(source, target)
	if pair == d.pair && reflect.DeepEqual(decided, d.decided) && reflect.DeepEqual(now, d.now) {
		return
	}
	decided, now = copyOf(decided), copyOf(now)
	d.pair, d.decided, d.now = pair, decided, now
	d.arrange(now != nil)
	parts := kit.Dense(page.DecisionParts(decided))
	if now == nil {
		d.why.Objects = []fyne.CanvasObject{parts}
	} else {
		d.why.Objects = []fyne.CanvasObject{container.NewGridWithColumns(2,
			container.NewVBox(kit.Caption("When it began"), parts),
			container.NewVBox(kit.Caption("Decided now"), kit.Dense(page.DecisionParts(now))))}
	}
	ask := widget.NewButtonWithIcon("Why not another rule?", theme.QuestionIcon(), func() { d.console.Go("simulator", pair) })
	ask.Importance = widget.LowImportance
	d.why.Objects = []fyne.CanvasObject{container.NewVBox(d.why.Objects[0], container.NewHBox(ask))}
	d.why.Refresh()
}

// moment names a point of the trail by how long ago it was.
func (d *sessionDetails) moment(i int) string {
	return fmt.Sprintf("%.0f s ago", (time.Duration(d.trailSize-1-i) * model.TrailStep).Seconds())
}

// copyOf is a decision by itself: one within a session would keep all sessions of its state.
func copyOf(d *engine.Decision) *engine.Decision {
	if d == nil {
		return nil
	}
	copied := *d
	return &copied
}

func decidedWords(d *engine.SessionDecision) string {
	return fmt.Sprintf("%s (%s)", d.Mode, d.BecauseInShort())
}

// sessionFacts are the facts of a live session, in the order in which the pane shows them.
func sessionFacts(s *engine.Session, now time.Time) []kit.Detail {
	return []kit.Detail{
		{Name: "Cipher", Value: text.Cipher(s.Cipher)},
		{Name: "Key exchange", Value: s.Group},
		{Name: "Route", Value: s.RouteName},
		{Name: "Service", Value: serviceWords(s.ServiceName, s.Backend)},
		{Name: "Dialled", Value: s.Endpoint, Copied: true},
		{Name: "Over interface", Value: s.Interface, Copied: true},
		{Name: "Fell back", Value: s.FallBack},
		{Name: "Trusted link", Value: s.Decision.ExemptionsInWords()},
		{Name: "Held back by", Value: s.HeldBackWords()},
		{Name: "Limits", Value: limitFacts(s, now)},
		{Name: "Began", Value: fmt.Sprintf("%s, %s ago", text.Time(s.Began), text.Age(s.Began, now))},
		{Name: "Flows", Value: fmt.Sprintf("%d open, %d in all", s.Flows, s.AllFlows)},
		{Name: "Streams", Value: s.StreamsInWords()},
		{Name: "Reset", Value: s.ResetWords()},
		{Name: "To target", Value: fmt.Sprintf("%s, now %s", text.Size(s.Traffic.ToTarget), text.Rate(s.Traffic.RateToTarget))},
		{Name: "To source", Value: fmt.Sprintf("%s, now %s", text.Size(s.Traffic.ToSource), text.Rate(s.Traffic.RateToSource))},
		{Name: "CPU", Value: cpuFact(s.Traffic)},
		{Name: "Made by", Value: map[bool]string{true: "a test of the route"}[s.Test]},
		{Name: "Id", Value: string(s.ID), Copied: true},
	}
}

// receiptFacts are those of a receipt.
func receiptFacts(r *engine.Receipt) []kit.Detail {
	ended := r.Reason
	if r.State == engine.SessionRefused {
		ended = "" // the heading says it
	}
	facts := []kit.Detail{
		{Name: "Ended because", Value: ended},
		{Name: "Cipher", Value: text.Cipher(r.Cipher)},
		{Name: "Key exchange", Value: r.Group},
		{Name: "Route", Value: r.RouteName},
		{Name: "Service", Value: serviceWords(r.ServiceName, r.Backend)},
		{Name: "Dialled", Value: r.Endpoint, Copied: true},
		{Name: "Over interface", Value: r.Interface, Copied: true},
		{Name: "Fell back", Value: r.FallBack},
		{Name: "Trusted link", Value: r.Decision.ExemptionsInWords()},
		{Name: "Limits", Value: r.Decision.CapsInWords(r.Began)},
		{Name: "Began", Value: text.Time(r.Began)},
		{Name: "Ended", Value: fmt.Sprintf("%s, after %s", text.Time(r.Ended), text.Age(r.Began, r.Ended))},
	}
	if r.State != engine.SessionRefused {
		facts = append(facts,
			kit.Detail{Name: "Flows", Value: text.Number(int(r.AllFlows))},
			kit.Detail{Name: "To target", Value: text.Size(r.Traffic.ToTarget)},
			kit.Detail{Name: "To source", Value: text.Size(r.Traffic.ToSource)},
			kit.Detail{Name: "CPU", Value: cpuFact(r.Traffic)})
	}
	return append(facts, kit.Detail{Name: "Made by", Value: map[bool]string{true: "a test of the route"}[r.Test]}, kit.Detail{Name: "Id", Value: string(r.ID), Copied: true})
}

func serviceWords(name, backend string) string {
	if backend == "" {
		return name
	}
	return name + ", " + backend
}

// limitFacts say what the ends of a live session may send now, and of which limits.
func limitFacts(s *engine.Session, now time.Time) string {
	var lines []string
	for i := range s.Allotments {
		a := &s.Allotments[i]
		lines = append(lines, a.InWords())
		for j := range a.Caps {
			lines = append(lines, a.Caps[j].InWords(now))
		}
	}
	return strings.Join(lines, "\n")
}

// cpuFact is the CPU time that each end spent on a session.
func cpuFact(t engine.Traffic) string {
	if t.SourceCPU == 0 && t.TargetCPU == 0 {
		return ""
	}
	spent := func(cpu time.Duration) string {
		if cpu == 0 {
			return "not known"
		}
		return text.Decimal(cpu.Seconds(), 2) + " s"
	}
	words := fmt.Sprintf("%s at the source, %s at the target", spent(t.SourceCPU), spent(t.TargetCPU))
	if cost := text.CPUCost(t); cost > 0 {
		words += "; " + text.Decimal(cost, 2) + " s for each GB"
	}
	return words
}
