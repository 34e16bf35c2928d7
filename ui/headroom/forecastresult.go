package headroom

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/chart"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// forecastResult shows a forecast: what fits, whether it would be sealed, and what it takes of both ends side by side.
type forecastResult struct {
	content        fyne.CanvasObject
	rate           *kit.Figure
	mode           *modeLine
	text           *widget.Label
	source, target *forecastEnd
}

func newForecastResult() *forecastResult {
	r := &forecastResult{rate: kit.NewFigure("possible, on top of what runs now"), mode: newModeLine(), text: kit.Wrapped(""), source: newForecastEnd("source"), target: newForecastEnd("target")}
	r.content = container.NewVBox(container.NewGridWithColumns(2, r.rate, r.mode.content), r.text,
		container.NewGridWithColumns(2, r.source.content, r.target.content),
		kit.NewLegend(kit.LegendItem{Color: kit.ColorLoadFill, Text: "busy now"}, kit.LegendItem{Color: kit.ColorSealedFill, Text: "added"}))
	return r
}

func (r *forecastResult) set(f *engine.Forecast) {
	if f.LimitedBy == engine.LimitedUnknown {
		r.rate.Set("not known", "nothing was measured of "+f.At, kit.ColorMuted)
	} else {
		r.rate.Set(text.Estimate(f.Possible, f.Low, f.High), limitedWords(f), theme.ColorNameForeground)
	}
	kit.SetLabel(r.text, f.Text)
	r.mode.set(f.Mode, modeReason(f))
	bySource, byTarget := 0.0, 0.0
	if f.SharedProcessor {
		bySource, byTarget = f.Source.Added, f.Target.Added
	}
	r.source.set(&f.Source, byTarget)
	r.target.set(&f.Target, bySource)
}

// modeLine says sealed or plain, with the lock, and why.
type modeLine struct {
	content fyne.CanvasObject
	sign    *widget.Icon
	words   *canvas.Text
	why     *widget.Label
	mode    engine.Mode
	known   bool
}

func newModeLine() *modeLine {
	l := &modeLine{sign: widget.NewIcon(nil), words: canvas.NewText("", nil), why: widget.NewLabel("")}
	l.words.TextStyle.Bold = true
	l.why.Wrapping = fyne.TextWrapWord
	l.why.SizeName = theme.SizeNameCaptionText
	l.content = container.NewVBox(container.New(layout.NewCustomPaddedLayout(16, -8, 7, 0), container.NewHBox(l.sign, l.words)), l.why)
	return l
}

func (l *modeLine) set(mode engine.Mode, why string) {
	color := page.ModeColor(mode)
	if wanted := kit.Color(color); !l.known || l.mode != mode || l.words.Color != wanted {
		l.known, l.mode = true, mode
		l.sign.SetResource(theme.NewColoredResource(page.ModeIcon(mode), color))
		l.words.Text, l.words.Color = mode.String(), wanted
		l.words.Refresh()
	}
	kit.SetLabel(l.why, why)
}

// forecastEnd is one end of a forecast: its cores as a stacked bar, and what stands behind it in words.
type forecastEnd struct {
	content              fyne.CanvasObject
	name, side           *widget.Label
	bar                  *chart.Bar
	cores, cost, network *widget.Label
}

func newForecastEnd(side string) *forecastEnd {
	small := func() *widget.Label {
		label := kit.Wrapped("")
		label.SizeName = theme.SizeNameCaptionText
		return label
	}
	e := &forecastEnd{name: widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true}), side: kit.Caption(side), bar: chart.NewBar(), cores: small(), cost: small(), network: small()}
	e.name.Truncation = fyne.TextTruncateEllipsis
	high := canvas.NewRectangle(color.Transparent)
	high.SetMinSize(fyne.NewSize(1, 14))
	e.content = container.New(layout.NewCustomPaddedVBoxLayout(-6), kit.Border(nil, nil, nil, e.side, e.name),
		container.New(layout.NewCustomPaddedLayout(2, 6, 7, 7), container.NewStack(high, e.bar)), e.cores, e.cost, e.network)
	return e
}

// set shows an end. Other is how many cores the other end takes of the same processor; 0 where it has one of its own.
func (e *forecastEnd) set(f *engine.EndForecast, other float64) {
	kit.SetLabel(e.name, f.Component)
	level := chart.Level{}
	if f.Cores > 0 {
		share := func(cores float64) float32 { return float32(cores / float64(f.Cores)) }
		level.Parts = [3]chart.Part{{Share: share(f.Busy), Color: kit.ColorLoadFill}, {Share: share(f.Added), Color: kit.ColorSealedFill}, {Share: share(other), Color: kit.ColorSealedFill, Soft: true}}
	}
	e.bar.Set(level)
	kit.SetLabel(e.cores, endCoresWords(f, other))
	kit.SetLabel(e.cost, text.CostSentence(f.Cost))
	kit.SetLabel(e.network, endNetworkWords(f))
}
