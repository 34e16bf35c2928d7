package rules

import (
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"lockwire/engine"
	"lockwire/ui/chart"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/text"
)

// limitPane shows the limit of one rule at work: what holds now and next, what the sessions draw on it, and how that was in the last
// 15 minutes.
type limitPane struct {
	content *fyne.Container
	heading *kit.DetailHeading
	facts   *kit.DetailList
	area    *chart.Area
	size    int // moments in the chart
}

// limitPaneHeight holds the facts of backups and restores.
const limitPaneHeight = 168

func newLimitPane() *limitPane {
	p := &limitPane{heading: kit.NewDetailHeading(), facts: kit.NewDetailList()}
	p.area = chart.NewArea(func(v float64) string { return text.Rate(uint64(v)) }, p.moment,
		chart.Series{Name: "backups", Color: kit.ColorSealedFill}, chart.Series{Name: "restores", Color: kit.ColorPlainFill})
	inset := container.New(layout.NewCustomPaddedLayout(0, 0, 7, 8), p.area) // below the words of the caption, up to those of the heading
	columns := container.NewGridWithColumns(2, container.NewVScroll(p.facts.Content),
		kit.Border(kit.Caption("Use of the limit, the last 15 minutes"), nil, nil, nil, inset))
	room := container.NewStack(container.NewGridWrap(fyne.NewSize(1, limitPaneHeight), layout.NewSpacer()), kit.Border(p.heading.Content, nil, nil, nil, columns))
	p.content = room
	p.content.Hide()
	return p
}

func (p *limitPane) moment(i int) string {
	ago := time.Duration(p.size-i) * model.LimitStep
	if ago < time.Minute {
		return fmt.Sprintf("%.0f s ago", ago.Seconds())
	}
	return fmt.Sprintf("%.0f min ago", ago.Minutes())
}

// show shows the limit of a rule, or nothing for a rule without one. It tells whether it appeared or went.
func (p *limitPane) show(rule *engine.Rule, uses []model.LimitUse, now time.Time, zone *time.Location) (changed bool) {
	wanted := rule != nil && rule.Throttle != nil
	changed = wanted != p.content.Visible()
	kit.Present(p.content, wanted)
	if !wanted {
		return changed
	}
	state, color := limitState(rule, uses, now, zone)
	p.heading.Set("Limit of "+rule.Name, state, color)
	p.facts.Set(limitFacts(rule, uses, now, zone))
	values := limitValues(uses)
	p.size = len(values)
	p.area.SetWhole(limitTop(uses, values))
	p.area.SetValues(values)
	return changed
}

// limitState says whether the limit holds now.
func limitState(rule *engine.Rule, uses []model.LimitUse, now time.Time, zone *time.Location) (string, fyne.ThemeColorName) {
	switch {
	case !rule.Enabled:
		return "the rule is off", kit.ColorMuted
	case len(uses) == 0:
		if rule.LimitHours(now, zone).Now == nil {
			return "no limit at this hour", kit.ColorMuted
		}
		return "no session draws on it", kit.ColorMuted
	}
	held, sessions := 0, 0
	for i := range uses { // a session draws on both, each way by itself
		held, sessions = held+uses[i].HeldBack, max(sessions, uses[i].Sessions)
	}
	held = min(held, sessions)
	switch {
	case held > 0 && held == sessions:
		return "holds back " + text.Count(sessions, "session", "sessions"), kit.ColorPlain
	case held > 0:
		return fmt.Sprintf("holds back %d of %s", held, text.Count(sessions, "session", "sessions")), kit.ColorPlain
	}
	return text.Count(sessions, "session draws", "sessions draw") + " on it", ""
}

// limitFacts are what holds now, and what backups and restores draw.
func limitFacts(rule *engine.Rule, uses []model.LimitUse, now time.Time, zone *time.Location) []kit.Detail {
	facts := []kit.Detail{}
	if rule.Enabled {
		facts = append(facts, kit.Detail{Name: "Limit now", Value: rule.LimitNowInWords(now, zone)})
	}
	restores := "limited too, apart from backups"
	if rule.Throttle.NeverThrottleRestores {
		restores = "never limited"
	}
	for i := range uses {
		use := &uses[i]
		way := "Backups"
		if use.Restores {
			way, restores = "Restores", "" // they are shown
		}
		facts = append(facts, kit.Detail{Name: way + " now", Value: usedWords(use)})
	}
	return append(facts, kit.Detail{Name: "As saved", Value: throttleWords(ruleRow{Rule: *rule})}, kit.Detail{Name: "Restores are", Value: restores})
}

// usedWords says how much of a limit is used.
func usedWords(use *model.LimitUse) string {
	return fmt.Sprintf("%s of %s, %s", text.Rate(use.Rate), use.Limit(), text.Count(use.Sessions, "session", "sessions"))
}

// limitsOf are the limits of a rule on which sessions draw. A component's own limit may have the name of a rule.
func limitsOf(state *model.State, rule string) (uses []model.LimitUse) {
	for _, use := range state.Limits[rule] {
		if use.Component == "" {
			uses = append(uses, use)
		}
	}
	return uses
}

// limitValues puts the past of backups and of restores side by side, newest last.
func limitValues(uses []model.LimitUse) [][]float64 {
	length := 0
	for i := range uses {
		length = max(length, len(uses[i].Past))
	}
	values := make([][]float64, length)
	for i := range values {
		values[i] = []float64{0, 0}
	}
	for i := range uses {
		series := 0
		if uses[i].Restores {
			series = 1
		}
		for at, value := range uses[i].Past {
			values[length-len(uses[i].Past)+at][series] += value
		}
	}
	return values
}

// limitTop is the top of the chart: the limits on which anything was drawn, so that a full one fills it. Where more passed before, as
// under a looser limit, the values say the top: 0.
func limitTop(uses []model.LimitUse, values [][]float64) (top float64) {
	for i := range uses {
		drawn := uses[i].Rate > 0 || slices.ContainsFunc(uses[i].Past, func(rate float64) bool { return rate > 0 })
		if drawn {
			top += float64(uses[i].Limit().BytesPerSecond())
		}
	}
	if top == 0 && len(uses) > 0 {
		top = float64(uses[0].Limit().BytesPerSecond())
	}
	const jitter = 1.1 // of the rates of a second
	for _, moment := range values {
		if moment[0]+moment[1] > jitter*top {
			return 0
		}
	}
	return top
}
