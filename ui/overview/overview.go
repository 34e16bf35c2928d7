package overview

import (
	"context"
	"fmt"
	"slices"
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

// view shows the state of the installation at a glance, and what needs attention.
type view struct {
	console *page.Console
	awaited *page.Awaited
	full    fyne.CanvasObject // the overview, once there is a state

	live, sealedToday, throughput, lowest *kit.Figure
	tightest                              engine.ID // whose headroom that is
	network                               *chart.Network
	networkOrNone                         *kit.PageStage // the network, or what it will be where there is no component
	noComponents                          *kit.Placeholder
	shown                                 *netMap // what the network shows
	state                                 *model.State
	area                                  *chart.Area
	attention                             *fyne.Container
	checkButton                           *widget.Button
	attentionKey                          string
	leads                                 map[string]lead // the buttons of the list, by what they lead to
	opened                                map[string]bool // the groups of needs whose things are listed
	past                                  *page.PastAges

	record  recorded // asked for now and then
	askedAt time.Time
	steps   *firstSteps
	backed  bool            // a backup has gone over Lockwire
	away    *fyne.Container // the notice of what happened while no window was open
	awaySaw bool            // it has been asked for
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c, opened: map[string]bool{}, past: &page.PastAges{}}
	p.full = p.build()
	p.awaited = page.NewAwaited("state of the installation")
	return p
}

func (p *view) Name() string        { return "overview" }
func (p *view) Title() string       { return "Overview" }
func (p *view) Icon() fyne.Resource { return theme.HomeIcon() }

// Commands are the page's menu items.
func (p *view) Commands() []page.Command {
	return []page.Command{{Title: "Check the whole", Run: p.check, Finds: "findings problems covered rules health second opinion"}}
}

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.awaited.Content }

func (p *view) build() fyne.CanvasObject {
	p.live, p.sealedToday = kit.NewFigure("live sessions"), kit.NewFigure("of today's bytes sealed")
	p.throughput, p.lowest = kit.NewFigure("throughput now"), kit.NewFigure("lowest headroom")
	figures := container.NewGridWithColumns(4, p.live, p.sealedToday, p.throughput, kit.NewLink("Go to the component with the lowest headroom", p.lowest, func() { p.console.Go("headroom", string(p.tightest)) }))
	p.network = chart.NewNetwork()
	p.network.OnTapped, p.network.OnLine, p.network.OnRoom = p.openNode, p.openLine, p.showNetwork
	p.area = chart.NewArea(func(v float64) string { return text.Rate(uint64(v)) }, p.past.Moment,
		chart.Series{Name: "sealed", Color: kit.ColorSealedFill}, chart.Series{Name: "plain", Color: kit.ColorPlainFill})
	p.attention, p.away = container.NewVBox(), container.NewVBox()
	p.away.Hide()
	p.checkButton = p.newCheckButton()
	needs := titled("Needs attention", container.NewVScroll(p.attention), p.checkButton)
	p.noComponents = kit.NewPlaceholder(theme.ComputerIcon(), "No component yet", "The machines of your backups appear here once they have joined. A line between two shows a running session: a closed lock and green for sealed, an open lock and amber for plain.",
		widget.NewButton("Go to the components", func() { p.console.Go("components", "") }))
	p.networkOrNone = kit.NewPageStage(p.network)
	middle := container.NewHSplit(titled("Who talks to whom", p.networkOrNone.Content), kit.Border(p.away, nil, nil, nil, needs))
	middle.Offset = 0.62
	body := container.NewVSplit(middle, titled("Throughput of the last 15 minutes", p.area))
	body.Offset = 0.66
	p.steps = newFirstSteps(p.console, func() {
		p.full.Refresh()
		p.full.Refresh() // wrapped words have their height only at the width that the first one gave them
	})
	return kit.Border(container.NewVBox(p.steps.content, figures, widget.NewSeparator()), nil, nil, nil, body)
}

// Update shows the newest state.
func (p *view) Update(state *model.State) {
	if !p.awaited.Show(state, p.full) {
		return
	}
	p.askRecord(state)
	sealed, rate := 0, uint64(0)
	for i := range state.Sessions {
		if state.Sessions[i].Decision.Mode == engine.Sealed {
			sealed++
		}
		rate += state.Sessions[i].Traffic.RateToTarget + state.Sessions[i].Traffic.RateToSource
	}
	p.live.Set(text.Number(len(state.Sessions)), fmt.Sprintf("%s sealed, %s plain", text.Number(sealed), text.Number(len(state.Sessions)-sealed)), theme.ColorNameForeground)
	p.throughput.Set(text.Rate(rate), "all sessions, both ways", theme.ColorNameForeground)
	p.showToday(state)
	p.showLowest(state)
	p.state = state
	p.showNetwork()
	if len(state.Components) == 0 {
		p.networkOrNone.Show(p.noComponents.Content)
	} else {
		p.networkOrNone.Show(p.network)
	}
	p.showPast(state)
	p.backed = p.backed || p.record.backup || slices.ContainsFunc(state.Sessions, func(s engine.Session) bool { return !s.Test })
	p.steps.update(state, p.backed, p.record.known)
	p.showAttention(model.Attention(state))
}

// Leave keeps the state lean, unless a check under way needs all of it for its findings.
func (p *view) Leave() {
	if !p.checkButton.Disabled() {
		p.state = p.state.Lean()
	}
}

// showPast draws the throughput until now, where it has grown by a sample since it was drawn.
func (p *view) showPast(state *model.State) {
	if len(state.Past) == 0 {
		return
	}
	if p.past.Set(p.area, state, state.Past[len(state.Past)-1].When) {
		values := model.ThroughputValues(state.Past)
		p.past.Count = len(values)
		p.area.SetValues(values)
	}
}

// showLowest shows the component that can carry the least more.
func (p *view) showLowest(state *model.State) {
	c := model.LowestHeadroom(state)
	if c == nil {
		p.tightest = ""
		p.lowest.Set("–", "not measured yet", kit.ColorMuted)
		return
	}
	p.tightest = c.ID
	color := theme.ColorNameForeground
	if state.Low[c.ID] {
		color = kit.ColorPlain
	}
	p.lowest.Set(text.Rate(p.console.Lowest.Of(c)), c.Name+", limited by "+text.Bottleneck(c.Headroom.LimitedBy), color)
}

// askRecord reads the record periodically, off Fyne's goroutine.
func (p *view) askRecord(state *model.State) {
	if state.Problem != "" || state.When.IsZero() || time.Since(p.askedAt) < askRecordEvery {
		return
	}
	p.askedAt = time.Now()
	now, away := state.When, engine.Span{}
	if !p.awaySaw && !p.console.Looked.Away.IsZero() {
		away = engine.Span{From: p.console.Looked.Away, Until: p.console.Looked.Opened}
	}
	backup := p.backed || p.console.Preferences.Bool(passed(state)) // what is known, or not wanted, is not asked again
	kit.Fetch(p.console.Background, func(ctx context.Context) (recorded, error) {
		return readRecord(ctx, p.console.Admin, now, away, backup)
	}, func(r recorded, err error) {
		if err != nil {
			return // asked again later; figures that are not known are shown as unknown
		}
		p.record = r
		if r.away != nil {
			p.awaySaw = true
			p.showAway(r.away)
		}
	})
}

// showAway says what happened while no window was open, until it has been read.
func (p *view) showAway(away *whileAway) {
	notice := kit.NewNotice(theme.InfoIcon(), theme.ColorNamePrimary, away.words())
	link := func(title string, to func()) *widget.Button {
		b := widget.NewButton(title, to)
		b.Importance = widget.LowImportance
		return b
	}
	notice.Below = container.NewHBox(link("Show the history", func() { p.console.Go("sessions", page.HistoryThing) }), link("Show the changes", func() { p.console.Go("activity", "") }),
		layout.NewSpacer(), link("Done", func() { p.away.Hide() }))
	p.away.Objects = []fyne.CanvasObject{container.NewPadded(notice)}
	p.away.Show()
}

// showToday shows what part of today's bytes was sealed, as the broker counts them.
func (p *view) showToday(state *model.State) {
	today := state.Today
	all := today.All()
	switch {
	case today.Began.IsZero():
		p.sealedToday.Set("…", "", kit.ColorMuted)
	case all == 0:
		p.sealedToday.Set("–", "nothing was moved today", kit.ColorMuted)
	default:
		color := kit.ColorSealed
		if today.Plain > 0 {
			color = kit.ColorPlain
		}
		// Rounded down: only all is 100 %.
		p.sealedToday.Set(fmt.Sprintf("%d %%", int(100*float64(today.Sealed)/float64(all))), text.Size(today.Sealed)+" of "+text.Size(all), color)
	}
}

// showAttention lists what needs attention. It rebuilds the list only if its text changed.
func (p *view) showAttention(items []model.Need) {
	key := ""
	for _, item := range items {
		key += item.Text + "\x00"
		if p.opened[item.Group] {
			for _, alike := range shownOf(item) {
				key += alike.Text + "\x00"
			}
		}
	}
	if key == p.attentionKey && len(p.attention.Objects) > 0 {
		return
	}
	p.attentionKey = key
	had := p.marked()
	p.attention.Objects, p.leads = nil, map[string]lead{}
	for _, item := range items {
		if item.Group == "" {
			p.attention.Add(p.needRow(item))
			continue
		}
		p.attention.Add(p.groupRow(item, items))
		if p.opened[item.Group] {
			for _, alike := range shownOf(item) {
				p.attention.Add(container.New(layout.NewCustomPaddedLayout(0, 0, indentOfAlike, 0), p.needRow(alike)))
			}
		}
	}
	p.attention.Refresh()
	if had != "" {
		p.mark(had)
	}
}

// marked is what the button leads to that has the keyboard; empty where none of the list has it.
func (p *view) marked() string {
	focused := p.console.Window.Canvas().Focused()
	for lead, button := range p.leads {
		if focused == fyne.Focusable(button) {
			return lead
		}
	}
	return ""
}

// mark gives the keyboard to the first of the buttons that is there. One that is gone must not keep it: nobody sees what it would press.
func (p *view) mark(leads ...string) {
	canvas := p.console.Window.Canvas()
	for _, lead := range leads {
		if button := p.leads[lead]; button != nil {
			canvas.Focus(button)
			kit.Reveal(button)
			return
		}
	}
	canvas.Unfocus()
}

// lead is a button that can have the keyboard.
type lead interface {
	fyne.CanvasObject
	fyne.Focusable
}

// leadOf names what the button of a thing or a group leads to, whatever its text is by now.
func leadOf(item *model.Need) string {
	if item.Group != "" {
		return "group " + item.Group
	}
	return item.Page + " " + item.Thing
}

const (
	// maximumAlike bounds the things of a group that are listed.
	maximumAlike = 50
	// indentOfAlike is their indentation below their group.
	indentOfAlike = 16
)

// shownOf are the listed things of a group, and the number of others.
func shownOf(group model.Need) []model.Need {
	if len(group.Alike) <= maximumAlike {
		return group.Alike
	}
	more := model.Need{Kind: group.Kind, Text: "… and " + text.Number(len(group.Alike)-maximumAlike) + " more.", Page: group.Alike[0].Page}
	return append(group.Alike[:maximumAlike:maximumAlike], more)
}

// needRow is one thing, with a button that leads to it.
func (p *view) needRow(item model.Need) fyne.CanvasObject {
	icon, color := page.NeedMark(item.Kind)
	row := kit.NewNotice(icon, color, item.Text)
	if item.Page == "" {
		return row
	}
	open := kit.NewIconButton(theme.NavigateNextIcon(), "Go there", func() { p.console.Go(item.Page, item.Thing) })
	open.About, open.Importance = item.Text, widget.LowImportance
	p.leads[leadOf(&item)] = open
	return kit.Border(nil, nil, nil, container.NewCenter(open), row)
}

// groupRow is many things that are alike, with a button that lists them.
func (p *view) groupRow(item model.Need, all []model.Need) fyne.CanvasObject {
	icon, color := page.NeedMark(item.Kind)
	title := "Show"
	if p.opened[item.Group] {
		title = "Hide"
	}
	show := widget.NewButton(title, func() {
		p.opened[item.Group] = !p.opened[item.Group]
		p.attentionKey = ""
		p.showAttention(all)
		if p.opened[item.Group] {
			p.mark(leadOf(&item.Alike[0]), leadOf(&item)) // on to what is shown now
		} else {
			p.mark(leadOf(&item))
		}
	})
	show.Importance = widget.LowImportance
	p.leads[leadOf(&item)] = show
	return kit.Border(nil, nil, nil, container.NewCenter(show), kit.NewNotice(icon, color, item.Text))
}

// titled puts a small heading above a pane, with buttons at its right.
func titled(title string, content fyne.CanvasObject, buttons ...fyne.CanvasObject) fyne.CanvasObject {
	heading := widget.NewLabelWithStyle(title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	return kit.Border(kit.Border(nil, nil, nil, container.NewHBox(buttons...), heading), nil, nil, nil, container.NewPadded(content))
}
