package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"lockwire/ui/chart"
	"lockwire/ui/uitest/screen"
)

func TestLookOfFigures(t *testing.T) {
	screen.New(t, Theme{Appearance: Light})
	row := container.NewGridWithColumns(4)
	for _, c := range []struct {
		title, value, detail string
		color                fyne.ThemeColorName
	}{
		{"live sessions", "12", "11 sealed, 1 plain", theme.ColorNameForeground}, {"of today's bytes sealed", "100 %", "1.20 TB of 1.20 TB", ColorSealed},
		{"of today's bytes sealed", "99 %", "1.19 TB of 1.20 TB", ColorPlain}, {"lowest headroom", "–", "not measured yet", ColorMuted},
	} {
		f := NewFigure(c.title)
		f.Set(c.value, c.detail, c.color)
		row.Add(f)
	}
	spark := chart.NewSpark()
	spark.Set(chart.TrendOf([]float64{1, 3, 2, 5, 8, 6, 7, 9, 9, 9, 4, 1, 0, 0, 2, 6, 7, 8, 8, 8, 9, 9, 9, 9}), ColorSealedFill)
	screen.Looks(t, "figures.png", fyne.NewSize(800, 110), container.NewBorder(nil, container.NewHBox(container.NewGridWrap(fyne.NewSize(88, 20), spark)), nil, nil, row))
}

func TestALongDetailIsCutAndNeverMakesTheFigureWider(t *testing.T) {
	screen.New(t, Theme{Appearance: Light})
	f := NewFigure("lowest headroom")
	f.Set("4.0 Gbit/s", "limited by the processor of a component with a name that is far too long", ColorMuted)
	least := f.MinSize().Width
	f.Resize(fyne.NewSize(200, 80))
	if width := f.detail.MinSize().Width; width > 200 || least > 200 {
		t.Errorf("the detail is %v wide, the figure at least %v", width, least)
	}
	f.Set("4.0 Gbit/s", "short", ColorMuted)
	if f.detail.Text != "short" {
		t.Errorf("it shows %q", f.detail.Text)
	}
}
