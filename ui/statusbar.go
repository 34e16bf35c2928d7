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
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/text"
)

// statusBar says, on every page: broker, live sessions, how many of them are sealed, throughput, lowest headroom.
type statusBar struct {
	content  fyne.CanvasObject
	row      *fyne.Container
	broker   *canvas.Text
	right    *canvas.Text
	headroom *canvas.Text
	toLowest *kit.Link
	rate     *model.SteadyRate
	lowest   engine.ID // whose headroom that is
}

func newStatusBar(rate *model.SteadyRate, show func(page, thing string)) *statusBar {
	s := &statusBar{rate: rate, broker: canvas.NewText("connecting…", kit.Color(kit.ColorMuted)), right: canvas.NewText("", kit.Color(kit.ColorMuted)), headroom: canvas.NewText("", kit.Color(kit.ColorMuted))}
	s.toLowest = kit.NewLink("Go to the component with the lowest headroom", container.New(layout.NewCustomPaddedLayout(0, 0, 4, 4), s.headroom), func() { show("headroom", string(s.lowest)) })
	s.toLowest.Hide()
	s.broker.TextSize, s.right.TextSize, s.headroom.TextSize = theme.CaptionTextSize(), theme.CaptionTextSize(), theme.CaptionTextSize()
	back := canvas.NewRectangle(kit.Color(kit.ColorRail))
	s.row = container.New(yieldingRow{}, container.NewHBox(s.broker), container.NewHBox(s.right), container.NewHBox(s.toLowest))
	s.content = container.NewStack(back, container.New(layout.NewCustomPaddedLayout(4, 4, 12, 12), s.row))
	return s
}

func (s *statusBar) update(state *model.State) {
	broker := write(s.broker, brokerWords(state), kit.Color(kit.ColorMuted))
	traffic := write(s.right, trafficWords(state), kit.Color(kit.ColorMuted))
	if lowest := s.showLowest(state); broker || traffic || lowest {
		s.row.Refresh() // the widths may have changed
	}
}

// write changes a text only if it differs, because every change repaints the whole window. It reports whether the words changed.
func write(text *canvas.Text, words string, c color.Color) (changed bool) {
	changed = text.Text != words
	if changed || text.Color != c {
		text.Text, text.Color = words, c
		text.Refresh()
	}
	return changed
}

// showLowest says which component can carry the least more, and leads to it. It tells whether the words changed.
func (s *statusBar) showLowest(state *model.State) (changed bool) {
	c := model.LowestHeadroom(state)
	shown := s.toLowest.Visible()
	kit.Present(s.toLowest, c != nil && state.Problem == "")
	changed = shown != s.toLowest.Visible()
	if c == nil {
		return changed
	}
	s.lowest = c.ID
	text, shade := fmt.Sprintf("lowest headroom %s, %s", text.Rate(s.rate.Of(c)), c.Name), kit.ColorMuted
	if state.Low[c.ID] {
		shade = kit.ColorPlain
	}
	return write(s.headroom, text, kit.Color(shade)) || changed
}

func brokerWords(state *model.State) string {
	if state.Problem != "" {
		if asOf := state.AsOf(); asOf != "" {
			return "broker: not connected · as of " + asOf
		}
		return "broker: not connected"
	}
	online := 0
	for i := range state.Components {
		if state.Components[i].Online {
			online++
		}
	}
	words := fmt.Sprintf("broker: running, version %s · %s online", state.Installation.Version, text.Count(online, "component", "components"))
	if !state.MayChange() {
		words += " · view only"
	}
	if state.Resting {
		words += fmt.Sprintf(" · updated every %d s while another window is in front", int(model.RestInterval.Seconds()))
	}
	return words
}

func trafficWords(state *model.State) string {
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
	return fmt.Sprintf("%s, %s sealed · %s", text.Count(len(state.Sessions), "live session", "live sessions"), text.Number(sealed), text.Rate(rate))
}
