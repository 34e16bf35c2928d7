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

	// today is the share of today's bytes that were sealed, from the receipts; asked for now and then.
	today   shareOfToday
	todayAt time.Time
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
	p.attention = container.NewVBox()
	middle := container.NewHSplit(titled("Who talks to whom", p.network), titled("Needs attention", container.NewVScroll(p.attention)))
	middle.Offset = 0.62
	body := container.NewVSplit(middle, titled("Throughput of the last 15 minutes", p.area))
	body.Offset = 0.66
	p.content = container.NewBorder(container.NewVBox(figures, widget.NewSeparator()), nil, nil, nil, body)
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
	p.askToday(state)
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
	p.lowest.set(rateWords(c.Headroom.BytesPerSecond), c.Name+", limited by "+bottleneckWords(c.Headroom.LimitedBy), color)
}

// shareOfToday is what the receipts of today say.
type shareOfToday struct {
	sealed, all uint64
	known       bool
}

// askTodayEvery is how often the receipts of today are added up.
const askTodayEvery = 15 * time.Second

// askToday adds up today's receipts, in pages, off Fyne's goroutine.
func (p *overviewPage) askToday(state *State) {
	if state.Problem != "" || time.Since(p.todayAt) < askTodayEvery {
		return
	}
	p.todayAt = time.Now()
	now := time.Now()
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.Local)
	fetch(p.console, func(ctx context.Context) (share shareOfToday, err error) {
		query := engine.ReceiptQuery{From: midnight, Limit: 1000}
		for {
			receipts, err := p.console.Admin.Receipts(ctx, query)
			if err != nil {
				return share, err
			}
			for i := range receipts {
				share.add(receipts[i].Decision.Mode, receipts[i].Traffic)
			}
			if len(receipts) < query.Limit {
				share.known = true
				return share, nil
			}
			query.Before = receipts[len(receipts)-1].ID
		}
	}, func(share shareOfToday, err error) {
		if err == nil {
			p.today = share
		}
	})
}

func (s *shareOfToday) add(mode engine.Mode, traffic engine.Traffic) {
	bytes := traffic.ToTarget + traffic.ToSource
	s.all += bytes
	if mode == engine.Sealed {
		s.sealed += bytes
	}
}

func (p *overviewPage) showToday(state *State) {
	share := p.today
	for i := range state.Sessions {
		share.add(state.Sessions[i].Decision.Mode, state.Sessions[i].Traffic)
	}
	switch {
	case !share.known:
		p.sealedToday.set("…", "", ColorMuted)
	case share.all == 0:
		p.sealedToday.set("–", "nothing was moved today", ColorMuted)
	default:
		percent := float64(share.sealed) / float64(share.all) * 100
		color := ColorSealed
		if percent < 100 {
			color = ColorPlain
		}
		p.sealedToday.set(fmt.Sprintf("%.0f %%", percent), sizeWords(share.sealed)+" of "+sizeWords(share.all), color)
	}
}

// showAttention lists what needs somebody. It is rebuilt only when it says something else.
func (p *overviewPage) showAttention(items []attention) {
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
		row := newNotice(item.icon, item.color, item.text)
		if item.page == "" {
			p.attention.Add(row)
			continue
		}
		open := widget.NewButtonWithIcon("", theme.NavigateNextIcon(), func() { p.console.Go(item.page, item.thing) })
		open.Importance = widget.LowImportance
		p.attention.Add(container.NewBorder(nil, nil, nil, container.NewCenter(open), row))
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
	return container.NewBorder(heading, nil, nil, nil, container.NewPadded(content))
}
