package ui

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"lockwire/engine"
)

// statusBar says, on every page: broker, live sessions, how many of them are sealed, throughput, lowest headroom.
type statusBar struct {
	content  fyne.CanvasObject
	row      *fyne.Container
	broker   *canvas.Text
	right    *canvas.Text
	headroom *canvas.Text
	toLowest *link
	rate     *steadyRate
	lowest   engine.ID // whose headroom that is
}

func newStatusBar(rate *steadyRate, show func(page, thing string)) *statusBar {
	s := &statusBar{rate: rate, broker: canvas.NewText("connecting…", colorOf(ColorMuted)), right: canvas.NewText("", colorOf(ColorMuted)), headroom: canvas.NewText("", colorOf(ColorMuted))}
	s.toLowest = newLink(container.New(layout.NewCustomPaddedLayout(0, 0, 4, 4), s.headroom), func() { show("headroom", string(s.lowest)) })
	s.toLowest.Hide()
	s.broker.TextSize, s.right.TextSize, s.headroom.TextSize = theme.CaptionTextSize(), theme.CaptionTextSize(), theme.CaptionTextSize()
	back := canvas.NewRectangle(colorOf(ColorRail))
	s.row = container.New(yieldingRow{}, container.NewHBox(s.broker), container.NewHBox(s.right), container.NewHBox(s.toLowest))
	s.content = container.NewStack(back, container.New(layout.NewCustomPaddedLayout(4, 4, 12, 12), s.row))
	return s
}

func (s *statusBar) update(state *State) {
	broker := write(s.broker, brokerWords(state), colorOf(ColorMuted))
	traffic := write(s.right, trafficWords(state), colorOf(ColorMuted))
	if lowest := s.showLowest(state); broker || traffic || lowest {
		s.row.Refresh() // they may need other room
	}
}

// write changes a text where it differs: every change has the whole window painted anew. It tells whether the words did.
func write(text *canvas.Text, words string, c color.Color) (changed bool) {
	changed = text.Text != words
	if changed || text.Color != c {
		text.Text, text.Color = words, c
		text.Refresh()
	}
	return changed
}

// showLowest says which component can carry the least more, and leads to it. It tells whether the words changed.
func (s *statusBar) showLowest(state *State) (changed bool) {
	c := lowestHeadroom(state)
	shown := s.toLowest.Visible()
	present(s.toLowest, c != nil && state.Problem == "")
	changed = shown != s.toLowest.Visible()
	if c == nil {
		return changed
	}
	s.lowest = c.ID
	text, shade := fmt.Sprintf("lowest headroom %s, %s", rateWords(s.rate.of(c)), c.Name), ColorMuted
	if stayedLow(state.Loads[c.ID]) {
		shade = ColorPlain
	}
	return write(s.headroom, text, colorOf(shade)) || changed
}

func brokerWords(state *State) string {
	if state.Problem != "" {
		return "broker: not connected"
	}
	online := 0
	for i := range state.Components {
		if state.Components[i].Online {
			online++
		}
	}
	words := fmt.Sprintf("broker: running, version %s · %s online", state.Installation.Version, counted(online, "component", "components"))
	if !state.MayChange() {
		words += " · view only"
	}
	return words
}

func trafficWords(state *State) string {
	sealed := 0
	var rate uint64
	for i := range state.Sessions {
		session := &state.Sessions[i]
		if session.Decision.Mode == engine.Sealed {
			sealed++
		}
		rate += session.Traffic.RateToTarget + session.Traffic.RateToSource
	}
	if len(state.Sessions) == 0 {
		return "no live session"
	}
	return fmt.Sprintf("%s, %d sealed · %s", counted(len(state.Sessions), "live session", "live sessions"), sealed, rateWords(rate))
}
