package chart

import (
	"fmt"
	"image"
	"image/draw"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Cores shows how busy each core of a machine is, one column a core. Under the mouse it says which one is how busy.
type Cores struct {
	widget.BaseWidget
	fill   fyne.ThemeColorName
	shares []float64
	hover  int // the core under the mouse; -1 for none
	pixels *image.RGBA
}

// NewCores makes an empty one whose columns have a colour.
func NewCores(fill fyne.ThemeColorName) *Cores {
	c := &Cores{fill: fill, hover: -1}
	c.ExtendBaseWidget(c)
	return c
}

// SetShares shows other shares, 0 to 1 for each core. They must not be changed afterwards. The same ones draw nothing.
func (c *Cores) SetShares(shares []float64) {
	if slices.Equal(c.shares, shares) {
		return
	}
	c.shares = shares
	c.Refresh()
}

// MouseIn, MouseMoved and MouseOut find the core under the mouse.
func (c *Cores) MouseIn(e *desktop.MouseEvent) { c.MouseMoved(e) }

// MouseMoved finds the core under the mouse.
func (c *Cores) MouseMoved(e *desktop.MouseEvent) {
	core := -1
	if n := len(c.shares); n > 0 && c.Size().Width > 0 {
		core = min(max(int(e.Position.X/c.Size().Width*float32(n)), 0), n-1)
	}
	if core != c.hover {
		c.hover = core
		c.Refresh()
	}
}

// MouseOut forgets it.
func (c *Cores) MouseOut() {
	c.hover = -1
	c.Refresh()
}

// words say how busy the core under the mouse is, or the busiest one.
func (c *Cores) words() string {
	if len(c.shares) == 0 {
		return ""
	}
	core, name := c.hover, ""
	if core < 0 || core >= len(c.shares) {
		core, name = 0, "busiest: "
		for i, share := range c.shares {
			if share > c.shares[core] {
				core = i
			}
		}
	}
	return fmt.Sprintf("%score %d, %.0f %%", name, core+1, 100*c.shares[core])
}

// draw paints the columns at a size in pixels.
func (c *Cores) draw(width, height int) image.Image {
	c.pixels = Pixels(c.pixels, width, height)
	ground := image.NewUniform(themed(theme.ColorNameBackground))
	draw.Draw(c.pixels, c.pixels.Bounds(), ground, image.Point{}, draw.Src)
	track, fill, mark := image.NewUniform(themed(theme.ColorNameHeaderBackground)), image.NewUniform(themed(c.fill)), image.NewUniform(themed(theme.ColorNameForeground))
	n := len(c.shares)
	for i, share := range c.shares {
		left, right := i*width/n, (i+1)*width/n
		if gap := (right - left) / 4; gap > 0 {
			right -= min(gap, 4)
		}
		column := image.Rect(left, 0, max(right, left+1), height)
		draw.Draw(c.pixels, column, track, image.Point{}, draw.Src)
		column.Min.Y = height - int(min(max(share, 0), 1)*float64(height)+0.5)
		draw.Draw(c.pixels, column, fill, image.Point{}, draw.Src)
		if i == c.hover {
			column.Min.Y, column.Max.Y = height-2, height
			draw.Draw(c.pixels, column, mark, image.Point{}, draw.Src)
		}
	}
	return c.pixels
}

// CreateRenderer draws it.
func (c *Cores) CreateRenderer() fyne.WidgetRenderer {
	r := &coresRenderer{cores: c, raster: canvas.NewRaster(c.draw), words: newCaption(fyne.TextAlignTrailing), first: newCaption(fyne.TextAlignLeading), last: newCaption(fyne.TextAlignTrailing)}
	r.Refresh()
	return r
}

type coresRenderer struct {
	cores       *Cores
	raster      *canvas.Raster
	words       *canvas.Text
	first, last *canvas.Text // the numbers of these cores, below them
}

func (r *coresRenderer) Destroy()           {}
func (r *coresRenderer) MinSize() fyne.Size { return fyne.NewSize(120, 80) }
func (r *coresRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.raster, r.words, r.first, r.last}
}

func (r *coresRenderer) Layout(size fyne.Size) {
	r.words.Resize(fyne.NewSize(size.Width, labelHeight))
	r.raster.Move(fyne.NewPos(0, labelHeight))
	r.raster.Resize(fyne.NewSize(size.Width, max(size.Height-2*labelHeight, 0)))
	for _, number := range []*canvas.Text{r.first, r.last} {
		number.Move(fyne.NewPos(0, size.Height-labelHeight))
		number.Resize(fyne.NewSize(size.Width, labelHeight))
	}
}

func (r *coresRenderer) Refresh() {
	r.words.Color = themed(theme.ColorNameForeground)
	r.words.Text = r.cores.words()
	r.first.Color, r.last.Color = themed("lockwire.muted"), themed("lockwire.muted")
	r.first.Text, r.last.Text = "", ""
	if n := len(r.cores.shares); n > 0 {
		r.first.Text = "core 1"
		if n > 1 {
			r.last.Text = strconv.Itoa(n)
		}
	}
	for _, o := range r.Objects() {
		o.Refresh()
	}
}
