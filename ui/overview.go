package ui

import (
	"context"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/chart"
)

// overviewPage says at a glance how the installation fares, and what needs somebody.
type overviewPage struct {
	console *Console
	content fyne.CanvasObject

	live, sealedToday, throughput, lowest *figure
	tightest                              engine.ID // whose headroom that is
	network                               *chart.Network
	area                                  *chart.Area
	attention                             *fyne.Container
	attentionKey                          string
	past                                  []Sample

	record  recorded // asked for now and then
	askedAt time.Time
	away    *fyne.Container // the notice of what happened while no window was open
	awaySaw bool            // it has been asked for
}

// NewOverviewPage makes the page.
func NewOverviewPage(c *Console) Page { return &overviewPage{console: c} }

func (p *overviewPage) Name() string        { return "overview" }
func (p *overviewPage) Title() string       { return "Overview" }
func (p *overviewPage) Icon() fyne.Resource { return theme.HomeIcon() }
func (p *overviewPage) Commands() []Command { return nil }

// Content builds the page.
func (p *overviewPage) Content() fyne.CanvasObject {
	if p.content != nil {
		return p.content
	}
	p.live, p.sealedToday = newFigure("live sessions"), newFigure("of today's bytes sealed")
	p.throughput, p.lowest = newFigure("throughput now"), newFigure("lowest headroom")
	figures := container.NewGridWithColumns(4, p.live, p.sealedToday, p.throughput, newLink(p.lowest, func() { p.console.Go("headroom", string(p.tightest)) }))
	p.network = chart.NewNetwork()
	p.network.OnTapped = func(id string) { p.console.Go("components", id) }
	p.area = chart.NewArea(func(v float64) string { return rateWords(uint64(v)) }, p.momentWords,
		chart.Series{Name: "sealed", Color: ColorSealedFill}, chart.Series{Name: "plain", Color: ColorPlainFill})
	p.attention, p.away = container.NewVBox(), container.NewVBox()
	p.away.Hide()
	needs := titled("Needs attention", container.NewVScroll(p.attention))
	middle := container.NewHSplit(titled("Who talks to whom", p.network), border(p.away, nil, nil, nil, needs))
	middle.Offset = 0.62
	body := container.NewVSplit(middle, titled("Throughput of the last 15 minutes", p.area))
	body.Offset = 0.66
	p.content = border(container.NewVBox(figures, widget.NewSeparator()), nil, nil, nil, body)
	return p.content
}

// momentWords says how long ago a moment of the chart was.
func (p *overviewPage) momentWords(index int) string {
	if index >= len(p.past) {
		return ""
	}
	return ageWords(p.past[index].When, p.past[len(p.past)-1].When) + " ago"
}

// Update shows the newest state.
func (p *overviewPage) Update(state *State) {
	p.Content()
	p.askRecord(state)
	sealed, rate := 0, uint64(0)
	for i := range state.Sessions {
		if state.Sessions[i].Decision.Mode == engine.Sealed {
			sealed++
		}
		rate += state.Sessions[i].Traffic.RateToTarget + state.Sessions[i].Traffic.RateToSource
	}
	p.live.set(fmt.Sprint(len(state.Sessions)), fmt.Sprintf("%d sealed, %d plain", sealed, len(state.Sessions)-sealed), theme.ColorNameForeground)
	p.throughput.set(rateWords(rate), "all sessions, both ways", theme.ColorNameForeground)
	p.showToday(state)
	p.showLowest(state)
	p.network.Set(networkOf(state))
	p.showPast(state.Past)
	p.showAttention(attentionOf(state))
}

// showPast draws the throughput until now, where it has grown by a sample since it was drawn.
func (p *overviewPage) showPast(past []Sample) {
	if len(past) == 0 || len(p.past) > 0 && past[len(past)-1].When.Equal(p.past[len(p.past)-1].When) {
		return
	}
	p.past = past
	values := make([][]float64, len(past))
	for i, sample := range past {
		values[i] = []float64{float64(sample.Sealed), float64(sample.Plain)}
	}
	p.area.SetValues(values)
}

// showLowest shows the component that can carry the least more.
func (p *overviewPage) showLowest(state *State) {
	c := lowestHeadroom(state)
	if c == nil {
		p.tightest = ""
		p.lowest.set("–", "not measured yet", ColorMuted)
		return
	}
	p.tightest = c.ID
	color := theme.ColorNameForeground
	if lowHeadroom(c, engine.CarriedBy(state.Sessions)[c.ID]) {
		color = ColorPlain
	}
	p.lowest.set(rateWords(p.console.lowest.of(c)), c.Name+", limited by "+bottleneckWords(c.Headroom.LimitedBy), color)
}

// askRecord asks the record anew now and then, off Fyne's goroutine.
func (p *overviewPage) askRecord(state *State) {
	if state.Problem != "" || state.When.IsZero() || time.Since(p.askedAt) < askRecordEvery {
		return
	}
	p.askedAt = time.Now()
	now, away := state.When, engine.Span{}
	if !p.awaySaw && !p.console.looked.away.IsZero() {
		away = engine.Span{From: p.console.looked.away, Until: p.console.looked.opened}
	}
	fetch(p.console.Background, func(ctx context.Context) (recorded, error) { return readRecord(ctx, p.console.Admin, now, away) }, func(r recorded, err error) {
		if err != nil {
			return // it is asked again; what is not known is shown as that
		}
		p.record = r
		if r.away != nil {
			p.awaySaw = true
			p.showAway(r.away)
		}
	})
}

// showAway says what happened while no window was open, until it has been read.
func (p *overviewPage) showAway(away *whileAway) {
	notice := newNotice(theme.InfoIcon(), theme.ColorNamePrimary, away.words())
	link := func(title string, to func()) *widget.Button {
		b := widget.NewButton(title, to)
		b.Importance = widget.LowImportance
		return b
	}
	notice.below = container.NewHBox(link("Show the history", func() { p.console.Go("sessions", historyThing) }), link("Show the changes", func() { p.console.Go("activity", "") }),
		layout.NewSpacer(), link("Done", func() { p.away.Hide() }))
	p.away.Objects = []fyne.CanvasObject{container.NewPadded(notice)}
	p.away.Show()
}

// showToday shows what part of today's bytes was sealed: of the sessions that ended today, and of those that live.
func (p *overviewPage) showToday(state *State) {
	today := p.record.today
	for i := range state.Sessions {
		s := &state.Sessions[i]
		today.Add(&engine.Receipt{Decision: s.Decision, Traffic: s.Traffic})
	}
	all := today.Sealed.Bytes + today.Plain.Bytes
	switch {
	case !p.record.known:
		p.sealedToday.set("…", "", ColorMuted)
	case all == 0:
		p.sealedToday.set("–", "nothing was moved today", ColorMuted)
	default:
		color := ColorSealed
		if today.Plain.Bytes > 0 {
			color = ColorPlain
		}
		// Rounded down: what is not all is not 100 %.
		p.sealedToday.set(fmt.Sprintf("%d %%", int(100*float64(today.Sealed.Bytes)/float64(all))), sizeWords(today.Sealed.Bytes)+" of "+sizeWords(all), color)
	}
}

// showAttention lists what needs somebody. It is rebuilt only when it says something else.
func (p *overviewPage) showAttention(items []need) {
	key := ""
	for _, item := range items {
		key += item.text + "\x00"
	}
	if key == p.attentionKey && len(p.attention.Objects) > 0 {
		return
	}
	p.attentionKey = key
	p.attention.Objects = nil
	for _, item := range items {
		icon, color := needMark(item.kind)
		row := newNotice(icon, color, item.text)
		if item.page == "" {
			p.attention.Add(row)
			continue
		}
		open := widget.NewButtonWithIcon("", theme.NavigateNextIcon(), func() { p.console.Go(item.page, item.thing) })
		open.Importance = widget.LowImportance
		p.attention.Add(border(nil, nil, nil, container.NewCenter(open), row))
	}
	p.attention.Refresh()
}

// figure is one large value with a word above and a line below.
type figure struct {
	widget.BaseWidget
	value  *canvas.Text
	detail *canvas.Text
	above  *canvas.Text
	color  fyne.ThemeColorName
}

func newFigure(title string) *figure {
	f := &figure{value: canvas.NewText("–", nil), detail: canvas.NewText("", nil), above: canvas.NewText(title, nil), color: ColorMuted}
	f.value.TextSize, f.value.TextStyle.Bold = 24, true
	f.detail.TextSize, f.above.TextSize = theme.CaptionTextSize(), theme.CaptionTextSize()
	f.ExtendBaseWidget(f)
	return f
}

func (f *figure) set(value, detail string, color fyne.ThemeColorName) {
	if f.value.Text == value && f.detail.Text == detail && f.color == color {
		return
	}
	f.value.Text, f.detail.Text, f.color = value, detail, color
	f.Refresh()
}

// Refresh takes up the theme's colours.
func (f *figure) Refresh() {
	f.value.Color, f.detail.Color, f.above.Color = colorOf(f.color), colorOf(ColorMuted), colorOf(ColorMuted)
	f.BaseWidget.Refresh()
}

// CreateRenderer draws it.
func (f *figure) CreateRenderer() fyne.WidgetRenderer {
	f.value.Color, f.detail.Color, f.above.Color = colorOf(f.color), colorOf(ColorMuted), colorOf(ColorMuted)
	return widget.NewSimpleRenderer(container.New(layout.NewCustomPaddedLayout(6, 6, 8, 8), container.New(layout.NewCustomPaddedVBoxLayout(1), f.above, f.value, f.detail)))
}

// titled puts a small heading above a pane.
func titled(title string, content fyne.CanvasObject) fyne.CanvasObject {
	heading := widget.NewLabelWithStyle(title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	return border(heading, nil, nil, nil, container.NewPadded(content))
}
