package chart

import (
	"image"
	"image/draw"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/image/vector"
)

const (
	trendMoments = 24
	trendTop     = 255
)

// Trend is the course of a value, oldest first, each moment as a part of the highest. Trends are comparable.
type Trend [trendMoments]uint8

// TrendOf makes a trend of values, oldest first, none negative. More values than moments are averaged within each moment; fewer are
// the newest moments.
func TrendOf(values []float64) (trend Trend) {
	var means [trendMoments]float64
	highest := 0.0
	for i := range means {
		from, to := i*len(values)/trendMoments, (i+1)*len(values)/trendMoments
		if len(values) < trendMoments {
			from = i - (trendMoments - len(values))
			to = from + 1
		}
		if from < 0 {
			continue
		}
		for _, value := range values[from:to] {
			means[i] += value / float64(to-from)
		}
		highest = max(highest, means[i])
	}
	for i := range trend {
		if highest > 0 {
			trend[i] = uint8(means[i] / highest * trendTop)
		}
	}
	return trend
}

// Spark draws a trend in the height of a line of text.
type Spark struct {
	widget.BaseWidget
	trend  Trend
	fill   fyne.ThemeColorName
	raster *canvas.Raster
	pixels *image.RGBA
}

// NewSpark makes an empty one.
func NewSpark() *Spark {
	s := &Spark{}
	s.raster = canvas.NewRaster(s.draw)
	s.ExtendBaseWidget(s)
	return s
}

// Set shows another trend in a colour. The same one draws nothing.
func (s *Spark) Set(trend Trend, fill fyne.ThemeColorName) {
	if s.trend == trend && s.fill == fill {
		return
	}
	s.trend, s.fill = trend, fill
	s.raster.Refresh()
}

// CreateRenderer draws it.
func (s *Spark) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.raster) }

func (s *Spark) draw(width, height int) image.Image {
	s.pixels = Pixels(s.pixels, width, height)
	clear(s.pixels.Pix)
	if s.fill == "" {
		return s.pixels
	}
	line := image.Rect(0, height-1, width, height)
	draw.Draw(s.pixels, line, image.NewUniform(themed(theme.ColorNameSeparator)), image.Point{}, draw.Src)
	raster := vector.NewRasterizer(width, height)
	raster.MoveTo(0, float32(height))
	for i, part := range s.trend {
		raster.LineTo(float32(i)*float32(width)/(trendMoments-1), float32(height)*(1-float32(part)/trendTop))
	}
	raster.LineTo(float32(width), float32(height))
	raster.ClosePath()
	raster.Draw(s.pixels, s.pixels.Bounds(), image.NewUniform(themed(s.fill)), image.Point{})
	return s.pixels
}
