package chart

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/image/vector"
)

// Series is one layer of an Area.
type Series struct {
	Name  string
	Color fyne.ThemeColorName
}

// Area shows layers of values over time, stacked, the newest at the right. Under the mouse it says the values of a moment.
type Area struct {
	widget.BaseWidget
	series []Series
	format func(float64) string
	moment func(index int) string // what a moment is called, such as "3 min ago"
	newest string                 // what the newest is called

	values [][]float64 // by moment, then by series
	top    float64
	whole  float64 // the value at the top of the picture; 0 scales to the values
	hover  int     // the moment under the mouse; -1 for none
	pixels *image.RGBA

	flat bool      // every value is 0
	said [3]string // the words of the axis when it was drawn last
}

// NewArea makes a chart. Format writes a value; moment names a moment by its index in what SetValues was given.
func NewArea(format func(float64) string, moment func(int) string, series ...Series) *Area {
	a := &Area{series: series, format: format, moment: moment, newest: "now", hover: -1}
	a.ExtendBaseWidget(a)
	return a
}

// SetWhole fixes the value at the top of the picture, such as all cores of a machine; 0 scales to the values.
func (a *Area) SetWhole(whole float64) { a.whole = whole }

// SetNewest names the newest moment; it is "now" at first.
func (a *Area) SetNewest(words string) {
	if a.newest != words {
		a.newest = words
		a.Refresh()
	}
}

// SetValues shows other values: for each moment, oldest first, one value for each series, or nil where nothing is known, which is drawn as
// a gap. They must not be changed afterwards.
func (a *Area) SetValues(values [][]float64) {
	if a.take(values) {
		a.Refresh()
	}
}

// take stores other values, and reports whether they look different. An empty chart always looks the same, so it is not repainted.
func (a *Area) take(values [][]float64) (changed bool) {
	a.values = values
	top, highest := a.top, 0.0
	for _, moment := range values {
		sum := 0.0
		for _, value := range moment {
			sum += value
		}
		highest = max(highest, sum)
	}
	a.top = niceTop(highest)
	if a.whole > 0 {
		a.top = a.whole
	}
	flat, said := highest == 0, a.axis()
	changed = !flat || !a.flat || said != a.said || top != a.top
	a.flat, a.said = flat, said
	return changed
}

// niceTop is the next of 1, 2 and 5 times a power of ten.
func niceTop(value float64) float64 {
	if value <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(value)))
	for _, step := range []float64{1, 2, 5, 10} {
		if value <= step*power {
			return step * power
		}
	}
	return 10 * power
}

// MouseIn, MouseMoved and MouseOut find the moment under the mouse.
func (a *Area) MouseIn(e *desktop.MouseEvent) { a.MouseMoved(e) }

// MouseMoved finds the moment under the mouse.
func (a *Area) MouseMoved(e *desktop.MouseEvent) {
	index := -1
	if count := len(a.values); count > 1 && a.Size().Width > 0 {
		index = min(max(int(math.Round(float64(e.Position.X/a.Size().Width)*float64(count-1))), 0), count-1)
	}
	if index != a.hover {
		a.hover = index
		a.Refresh()
	}
}

// MouseOut forgets it.
func (a *Area) MouseOut() {
	a.hover = -1
	a.Refresh()
}

// words say the values of the moment under the mouse, or the newest.
func (a *Area) words() string {
	if len(a.values) == 0 {
		return ""
	}
	index, text := len(a.values)-1, a.newest
	if a.hover >= 0 && a.hover < len(a.values) {
		index, text = a.hover, a.moment(a.hover)
	}
	if a.values[index] == nil {
		return text + "   not known"
	}
	for i, series := range a.series {
		text += fmt.Sprintf("   %s %s", series.Name, a.format(a.values[index][i]))
	}
	return text
}

// namedMiddle is the least number of moments at which the middle one is named: it is near enough to the middle of the picture then.
const namedMiddle = 20

// axis names the oldest moment, the one in the middle and the newest.
func (a *Area) axis() (words [3]string) {
	last := len(a.values) - 1
	if last < 1 {
		return words
	}
	words[0], words[2] = a.moment(0), a.newest
	if last >= namedMiddle {
		words[1] = a.moment(last / 2)
	}
	return words
}

// draw paints the layers at a size in pixels.
func (a *Area) draw(width, height int) image.Image {
	a.pixels = Pixels(a.pixels, width, height)
	draw.Draw(a.pixels, a.pixels.Bounds(), image.NewUniform(themed(theme.ColorNameBackground)), image.Point{}, draw.Src)
	a.grid(width, height)
	if len(a.values) > 1 {
		for from := 0; from < len(a.values); {
			to := from + 1
			for to < len(a.values) && (a.values[to] == nil) == (a.values[from] == nil) {
				to++
			}
			if a.values[from] == nil {
				a.gap(width, height, from, to)
			} else {
				a.layers(width, height, from, to)
			}
			from = to
		}
		if a.hover >= 0 {
			x := a.hover * (width - 1) / (len(a.values) - 1)
			draw.Draw(a.pixels, image.Rect(x, 0, x+1, height), image.NewUniform(themed(theme.ColorNameForeground)), image.Point{}, draw.Over)
		}
	}
	return a.pixels
}

// x is where a moment stands in a picture of a width.
func (a *Area) x(moment float32, width int) float32 {
	return min(max(moment, 0), float32(len(a.values)-1)) * float32(width) / float32(len(a.values)-1)
}

// gap hatches the time from one moment to another of which nothing is known: it must not look like nothing.
func (a *Area) gap(width, height, from, to int) {
	const every = 8
	line := color.RGBAModel.Convert(themed(theme.ColorNameSeparator)).(color.RGBA)
	for x := int(a.x(float32(from)-0.5, width)); x < int(a.x(float32(to)-0.5, width)); x++ {
		for y := range height {
			if (x+y)%every == 0 {
				a.pixels.SetRGBA(x, y, line)
			}
		}
	}
}

// layers draws the moments from one to another, all of which are known, and half a step more beside a gap.
func (a *Area) layers(width, height, from, to int) {
	var at []float32
	var moments [][]float64
	add := func(position float32, moment []float64) {
		at, moments = append(at, a.x(position, width)), append(moments, moment)
	}
	if from > 0 {
		add(float32(from)-0.5, a.values[from])
	}
	for i := from; i < to; i++ {
		add(float32(i), a.values[i])
	}
	if to < len(a.values) {
		add(float32(to)-0.5, a.values[to-1])
	}
	under := make([]float64, len(moments))
	for i, series := range a.series {
		over := make([]float64, len(moments))
		for j, moment := range moments {
			over[j] = under[j] + moment[i]
		}
		a.layer(width, height, at, under, over, themed(series.Color))
		under = over
	}
}

// grid draws a line at each quarter.
func (a *Area) grid(width, height int) {
	line := image.NewUniform(themed(theme.ColorNameSeparator))
	for quarter := range 5 {
		y := min(quarter*(height-1)/4, height-1)
		draw.Draw(a.pixels, image.Rect(0, y, width, y+1), line, image.Point{}, draw.Src)
	}
}

// layer fills what lies between two courses.
func (a *Area) layer(width, height int, at []float32, under, over []float64, fill color.Color) {
	raster := vector.NewRasterizer(width, height)
	y := func(value float64) float32 { return float32(height) * float32(1-value/a.top) }
	raster.MoveTo(at[0], y(over[0]))
	for i := 1; i < len(over); i++ {
		raster.LineTo(at[i], y(over[i]))
	}
	for i := len(under) - 1; i >= 0; i-- {
		raster.LineTo(at[i], y(under[i]))
	}
	raster.ClosePath()
	raster.Draw(a.pixels, a.pixels.Bounds(), image.NewUniform(fill), image.Point{})
}

// themed gives a colour of the theme in force.
func themed(name fyne.ThemeColorName) color.Color {
	settings := fyne.CurrentApp().Settings()
	return settings.Theme().Color(name, settings.ThemeVariant())
}

// CreateRenderer draws it.
func (a *Area) CreateRenderer() fyne.WidgetRenderer {
	r := &areaRenderer{area: a, raster: canvas.NewRaster(a.draw), top: newCaption(fyne.TextAlignLeading), words: newCaption(fyne.TextAlignTrailing),
		moments: [3]*canvas.Text{newCaption(fyne.TextAlignLeading), newCaption(fyne.TextAlignCenter), newCaption(fyne.TextAlignTrailing)}}
	r.Refresh()
	return r
}

type areaRenderer struct {
	area       *Area
	raster     *canvas.Raster
	top, words *canvas.Text
	moments    [3]*canvas.Text // the oldest, the one in the middle and the newest
}

func (r *areaRenderer) Destroy() {}

// newCaption is small text beside a picture; its colour is the theme's at each refresh.
func newCaption(alignment fyne.TextAlign) *canvas.Text {
	return &canvas.Text{TextSize: theme.CaptionTextSize(), Alignment: alignment}
}

// labelHeight is above the picture, the scale at the left, the values at the right; and below it, the moments.
const labelHeight = 18

func (r *areaRenderer) Layout(size fyne.Size) {
	r.top.Move(fyne.NewPos(0, 0))
	r.top.Resize(fyne.NewSize(size.Width/3, labelHeight))
	r.words.Move(fyne.NewPos(size.Width/3, 0))
	r.words.Resize(fyne.NewSize(size.Width*2/3, labelHeight))
	r.raster.Move(fyne.NewPos(0, labelHeight))
	r.raster.Resize(fyne.NewSize(size.Width, max(size.Height-2*labelHeight, 0)))
	for _, moment := range r.moments {
		moment.Move(fyne.NewPos(0, size.Height-labelHeight))
		moment.Resize(fyne.NewSize(size.Width, labelHeight))
	}
}

func (r *areaRenderer) MinSize() fyne.Size { return fyne.NewSize(240, 100) }

func (r *areaRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.raster, r.top, r.words, r.moments[0], r.moments[1], r.moments[2]}
}

func (r *areaRenderer) Refresh() {
	r.top.Color, r.words.Color = themed("lockwire.muted"), themed(theme.ColorNameForeground)
	for i, text := range r.area.axis() {
		r.moments[i].Color, r.moments[i].Text = themed("lockwire.muted"), text
		r.moments[i].Refresh()
	}
	r.top.Text = ""
	if len(r.area.values) > 0 {
		r.top.Text = r.area.format(r.area.top)
	}
	r.words.Text = r.area.words()
	r.raster.Refresh()
	r.top.Refresh()
	r.words.Refresh()
}
