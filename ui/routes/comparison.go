package routes

import (
	"fmt"
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
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// newRouteComparison draws a sealed and a plain transfer of one test, with what encryption took.
func newRouteComparison(a, b engine.RouteTransfer) fyne.CanvasObject {
	if a.Mode != engine.Sealed {
		a, b = b, a
	}
	best := max(a.BytesPerSecond(), b.BytesPerSecond(), 1)
	rows := container.New(layout.NewFormLayout())
	for _, t := range []engine.RouteTransfer{a, b} {
		bar := chart.NewBar()
		fill := kit.ColorPlainFill
		if t.Mode == engine.Sealed {
			fill = kit.ColorSealedFill
		}
		bar.Set(chart.Level{Parts: [3]chart.Part{{Share: float32(t.BytesPerSecond()) / float32(best), Color: fill}}})
		name := container.NewHBox(widget.NewIcon(theme.NewColoredResource(page.ModeIcon(t.Mode), page.ModeColor(t.Mode))), widget.NewLabel(t.Mode.String()))
		words := widget.NewLabel(transferWords(&t))
		words.Selectable = true
		rows.Add(name)
		rows.Add(kit.Border(nil, nil, container.NewCenter(container.NewGridWrap(fyne.NewSize(140, 14), bar)), nil, words))
		rows.Add(widget.NewLabel(""))
		cost := kit.Caption(processorCostWords(&t))
		rows.Add(cost)
	}
	return container.NewVBox(kit.BoldLabel("Sealed and plain"), container.New(layout.NewCustomPaddedLayout(0, 0, 6, 0), rows), kit.Wrapped(comparedWords(&a, &b)))
}

// comparedWords say what the sealed transfer took beyond the plain one.
func comparedWords(sealed, plain *engine.RouteTransfer) string {
	words := []string{}
	if fast, slow := plain.BytesPerSecond(), sealed.BytesPerSecond(); fast > 0 && slow > 0 {
		switch part := float64(slow) / float64(fast); {
		case part < 0.97:
			words = append(words, fmt.Sprintf("sealed is %.0f %% slower", 100*(1-part)))
		case part > 1.03:
			words = append(words, fmt.Sprintf("sealed was %.0f %% faster, which other load on the way explains", 100*(part-1)))
		default:
			words = append(words, "sealed is as fast as plain")
		}
	}
	for _, end := range []struct {
		name          string
		sealed, plain time.Duration
	}{{"source", sealed.SourceCPU, plain.SourceCPU}, {"target", sealed.TargetCPU, plain.TargetCPU}} {
		if end.sealed > 0 && end.plain > 0 {
			more := end.sealed.Seconds()/float64(sealed.Bytes)*1e9 - end.plain.Seconds()/float64(plain.Bytes)*1e9
			sign := ""
			if more >= 0 {
				sign = "+"
			}
			words = append(words, fmt.Sprintf("the %s takes %s%s CPU seconds per GB", end.name, sign, text.Decimal(more, 2)))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return text.Capital(strings.Join(words, "; ")) + "."
}

func transferWords(t *engine.RouteTransfer) string {
	return fmt.Sprintf("%s in %s s, %s", text.Size(uint64(t.Bytes)), text.Decimal(t.Elapsed.Seconds(), 2), text.Rate(t.BytesPerSecond()))
}

func processorCostWords(t *engine.RouteTransfer) string {
	perGB := func(cpu time.Duration) string {
		if cpu == 0 {
			return "not known"
		}
		return text.Decimal(cpu.Seconds()/float64(t.Bytes)*1e9, 2) + " CPU seconds per GB"
	}
	return fmt.Sprintf("source %s, target %s", perGB(t.SourceCPU), perGB(t.TargetCPU))
}
