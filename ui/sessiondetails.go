package ui

import (
	"fmt"
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/chart"
)

// sessionDetails is the pane that shows everything that is known of one session, live or ended: what it carries, the life of its
// key, and why it is as it is.
type sessionDetails struct {
	console  *Console
	content  *fyne.Container
	hint     fyne.CanvasObject // while none is chosen
	full     fyne.CanvasObject
	scroll   *container.Scroll
	heading  *detailHeading
	said     *fyne.Container // a notice, where there is something to say
	keyTitle fyne.CanvasObject
	key      *timeline
	facts    *detailList
	rate     *chart.Area
	rates    fyne.CanvasObject
	why      *fyne.Container
	left     *fyne.Container // facts and rate
	body     *fyne.Container
	compared bool // two decisions are shown side by side

	thing     engine.ID
	saying    string
	pair      string           // the two of the session, as pairThing names them
	decided   *engine.Decision // what why shows, and now beside it
	now       *engine.Decision
	trailSize int
}

func newSessionDetails(c *Console, hint string) *sessionDetails {
	d := &sessionDetails{console: c, heading: newDetailHeading(), said: container.NewStack(), key: newTimeline(nil), facts: newDetailList(), why: container.NewStack()}
	d.rate = chart.NewArea(func(v float64) string { return rateWords(uint64(v)) }, d.moment,
		chart.Series{Name: "to target", Color: ColorSealedFill}, chart.Series{Name: "to source", Color: ColorPlainFill})
	d.rates = container.NewVBox(captionOf("Rate, the last minute"), container.NewStack(container.NewGridWrap(fyne.NewSize(1, 110), layout.NewSpacer()), d.rate))
	d.keyTitle = captionOf("Life of the key")
	d.left = container.NewVBox(d.facts.content, d.rates)
	d.body = container.NewVBox()
	d.arrange(false)
	d.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 8, 0, 14), d.body))
	d.full = border(d.heading.content, nil, nil, nil, d.scroll)
	d.hint = container.NewCenter(container.New(fixedWidth(420), centered(hint)))
	d.content = container.NewStack(d.hint)
	return d
}

func centered(text string) *widget.Label {
	label := wrapped(text)
	label.Alignment = fyne.TextAlignCenter
	label.Importance = widget.LowImportance
	return label
}

// twoColumns lays two objects out side by side, the first a little narrower, or below each other where there is little room.
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
		o[0].Resize(fyne.NewSize(size.Width, 1)) // a wrapped text says how high it is at a width
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

// arrange has the explanation beside the facts, or two of them side by side above everything else.
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

// open has the pane show another thing from its top.
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
	d.heading.set(s.SourceName+" to "+s.TargetName, stateWordOf(s), stateColorOf(s))
	if s.Stale && s.Now != nil {
		d.say(ColorPlain, fmt.Sprintf("Stale: it goes on as %s, but decided now it would be %s. Cut it, or let it finish; the next session follows the rules as they are.", decidedWords(&s.Decision), decidedWords(s.Now)))
	} else {
		d.say("", "")
	}
	d.showKey(s.Key)
	d.facts.set(sessionFacts(s, now))
	d.trailSize = len(trail)
	present(d.rates, len(trail) > 1)
	if len(trail) > 1 {
		d.rate.SetValues(trail)
	}
	var newer *engine.Decision
	if s.Stale && s.Now != nil {
		newer = &s.Now.Decision
	}
	d.explain(s.SourceName, s.TargetName, &s.Decision.Decision, newer)
}

// showReceipt shows what stays of a session. Ended tells that it ended while it was looked at.
func (d *sessionDetails) showReceipt(r *engine.Receipt, ended bool) {
	d.open(r.ID)
	d.heading.set(r.SourceName+" to "+r.TargetName, receiptWord(r), receiptColor(r))
	switch {
	case r.State == engine.SessionRefused:
		d.say(ColorRefused, "Refused: "+r.Reason)
	case ended:
		d.say(ColorMuted, "This session has ended: "+r.Reason)
	default:
		d.say("", "")
	}
	d.showKey(r.Key)
	d.facts.set(receiptFacts(r))
	present(d.rates, false)
	d.explain(r.SourceName, r.TargetName, &r.Decision.Decision, nil)
}

// say shows a notice; an empty text takes it away.
func (d *sessionDetails) say(color fyne.ThemeColorName, text string) {
	if d.saying == string(color)+text {
		return
	}
	d.saying = string(color) + text
	d.said.Objects = nil
	if text != "" {
		icon := theme.WarningIcon()
		switch color {
		case ColorRefused:
			icon = theme.ErrorIcon()
		case ColorMuted:
			icon = theme.InfoIcon()
		}
		d.said.Objects = []fyne.CanvasObject{newNotice(icon, color, text)}
	}
	d.said.Refresh()
}

func (d *sessionDetails) showKey(k engine.KeyLife) {
	made := !k.Made.IsZero()
	present(d.keyTitle, made)
	present(d.key, made)
	if made {
		d.key.set(keyEvents(k))
	}
}

// explain shows a decision on a pair, and another one beside it where there is one. It builds only what says something else.
func (d *sessionDetails) explain(source, target string, decided, now *engine.Decision) {
	pair := pairThing(source, target)
	if pair == d.pair && reflect.DeepEqual(decided, d.decided) && reflect.DeepEqual(now, d.now) {
		return
	}
	d.pair, d.decided, d.now = pair, decided, now
	d.arrange(now != nil)
	parts := dense(decisionParts(decided))
	if now == nil {
		d.why.Objects = []fyne.CanvasObject{parts}
	} else {
		d.why.Objects = []fyne.CanvasObject{container.NewGridWithColumns(2,
			container.NewVBox(captionOf("When it began"), parts),
			container.NewVBox(captionOf("Decided now"), dense(decisionParts(now))))}
	}
	ask := widget.NewButtonWithIcon("Why not another rule?", theme.QuestionIcon(), func() { d.console.Go("simulator", pair) })
	ask.Importance = widget.LowImportance
	d.why.Objects = []fyne.CanvasObject{container.NewVBox(d.why.Objects[0], container.NewHBox(ask))}
	d.why.Refresh()
}

// dense puts lines of text closer together than Fyne does, so that the explanation fits below the table.
func dense(parts []fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(-6), parts...)
}

func captionOf(text string) *widget.Label {
	label := widget.NewLabel(text)
	label.Importance = widget.LowImportance
	return label
}

// moment names a point of the trail by how long ago it was.
func (d *sessionDetails) moment(i int) string {
	return fmt.Sprintf("%.0f s ago", (time.Duration(d.trailSize-1-i) * tickInterval).Seconds())
}

func decidedWords(d *engine.SessionDecision) string {
	return fmt.Sprintf("%s (%s)", d.Mode, d.Because())
}

// sessionFacts are the facts of a live session, in the order in which the pane shows them.
func sessionFacts(s *engine.Session, now time.Time) []detail {
	return []detail{
		{name: "Cipher", value: cipherWords(s.Cipher)},
		{name: "Key exchange", value: s.Group},
		{name: "Route", value: s.RouteName},
		{name: "Service", value: serviceWords(s.ServiceName, s.Backend)},
		{name: "Dialled", value: s.Endpoint, copied: true},
		{name: "Limits", value: sessionLimits(&s.Decision)},
		{name: "Began", value: fmt.Sprintf("%s, %s ago", timeWords(s.Began), ageWords(s.Began, now))},
		{name: "Flows", value: fmt.Sprintf("%d open, %d in all", s.Flows, s.AllFlows)},
		{name: "To target", value: fmt.Sprintf("%s, now %s", sizeWords(s.Traffic.ToTarget), rateWords(s.Traffic.RateToTarget))},
		{name: "To source", value: fmt.Sprintf("%s, now %s", sizeWords(s.Traffic.ToSource), rateWords(s.Traffic.RateToSource))},
		{name: "CPU", value: cpuFact(s.Traffic)},
		{name: "Made by", value: map[bool]string{true: "a test of the route"}[s.Test]},
		{name: "Id", value: string(s.ID), copied: true},
	}
}

// receiptFacts are those of a receipt.
func receiptFacts(r *engine.Receipt) []detail {
	ended := r.Reason
	if r.State == engine.SessionRefused {
		ended = "" // it stands above everything else
	}
	facts := []detail{
		{name: "Ended because", value: ended},
		{name: "Cipher", value: cipherWords(r.Cipher)},
		{name: "Key exchange", value: r.Group},
		{name: "Route", value: r.RouteName},
		{name: "Service", value: serviceWords(r.ServiceName, r.Backend)},
		{name: "Dialled", value: r.Endpoint, copied: true},
		{name: "Limits", value: sessionLimits(&r.Decision)},
		{name: "Began", value: timeWords(r.Began)},
		{name: "Ended", value: fmt.Sprintf("%s, after %s", timeWords(r.Ended), ageWords(r.Began, r.Ended))},
	}
	if r.State != engine.SessionRefused {
		facts = append(facts,
			detail{name: "Flows", value: fmt.Sprint(r.AllFlows)},
			detail{name: "To target", value: sizeWords(r.Traffic.ToTarget)},
			detail{name: "To source", value: sizeWords(r.Traffic.ToSource)},
			detail{name: "CPU", value: cpuFact(r.Traffic)})
	}
	return append(facts, detail{name: "Made by", value: map[bool]string{true: "a test of the route"}[r.Test]}, detail{name: "Id", value: string(r.ID), copied: true})
}

func serviceWords(name, backend string) string {
	if backend == "" {
		return name
	}
	return name + ", " + backend
}

// sessionLimits says which limits the rules set on a session, each way.
func sessionLimits(d *engine.SessionDecision) string {
	text := ""
	for _, way := range []struct {
		name  string
		limit *engine.AppliedThrottle
	}{{"to target", d.ToTarget}, {"to source", d.ToSource}} {
		if way.limit == nil {
			continue
		}
		if text != "" {
			text += "; "
		}
		text += fmt.Sprintf("%s %s of %s", way.name, way.limit.Limit(), way.limit.Rule)
	}
	if text != "" {
		text += " (not enforced yet)"
	}
	return text
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
		return fmt.Sprintf("%.2f s", cpu.Seconds())
	}
	text := fmt.Sprintf("%s at the source, %s at the target", spent(t.SourceCPU), spent(t.TargetCPU))
	if cost := cpuCost(t); cost > 0 {
		text += fmt.Sprintf("; %.2f s for each GB", cost)
	}
	return text
}
