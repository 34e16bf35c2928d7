package softcanvas

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"golang.org/x/image/draw"
)

// Pixels gives the pixel at which something is drawn, as Fyne's painter counts.
func Pixels(v, scale float32) int { return int(math.Ceil(float64(v * scale))) }

// painter puts frames together from pictures of the objects.
type painter struct {
	pictures     *pictures
	drawn, shown *image.RGBA // the frame that is drawn, and the one before
	size         fyne.Size   // of the canvas, in its units
	scale        float32
}

func newPainter() *painter { return &painter{pictures: newPictures()} }

func (p *painter) forgetAll() { p.pictures = newPictures() }

// frame draws a canvas, and tells what differs from the frame before.
func (p *painter) frame(c *Canvas) (*image.RGBA, []image.Rectangle) {
	p.size, p.scale = c.Size(), c.Scale()
	bounds := image.Rect(0, 0, Pixels(p.size.Width, p.scale), Pixels(p.size.Height, p.scale))
	if p.drawn == nil || p.drawn.Rect != bounds {
		p.drawn = image.NewRGBA(bounds)
	}
	draw.Draw(p.drawn, bounds, image.NewUniform(theme.Color(theme.ColorNameBackground)), image.Point{}, draw.Src)
	p.pictures.scale = p.scale
	for _, tree := range c.trees() {
		walk(tree, fyne.Position{}, everywhere, p)
	}
	p.pictures.age()
	changed := differences(p.shown, p.drawn)
	p.drawn, p.shown = p.shown, p.drawn
	return p.shown, changed
}

// visit draws an object, clipped.
func (p *painter) visit(o fyne.CanvasObject, at fyne.Position, clip area) {
	if clip = clip.within(areaOf(fyne.Position{}, p.size)); clip.empty() {
		return
	}
	bounds := image.Rect(Pixels(clip.from.X, p.scale), Pixels(clip.from.Y, p.scale), Pixels(clip.to.X, p.scale), Pixels(clip.to.Y, p.scale))
	if rectangle, ok := o.(*canvas.Rectangle); ok && plain(rectangle) {
		p.fill(rectangle, at, bounds)
		return
	}
	if !paints(o) {
		return
	}
	margin := marginOf(o)
	around := areaOf(at.SubtractXY(margin, margin), o.Size().AddWidthHeight(2*margin, 2*margin))
	if _, isText := o.(*canvas.Text); !isText && around.within(clip).empty() { // a text is as large as its words
		return
	}
	picture := p.pictures.of(o)
	if picture.image == nil {
		return
	}
	corner := image.Pt(Pixels(at.X+picture.offset.X, p.scale), Pixels(at.Y+picture.offset.Y, p.scale)).Sub(picture.margin)
	target := picture.image.Bounds().Add(corner).Intersect(bounds)
	if !target.Empty() {
		draw.Draw(p.drawn, target, picture.image, target.Min.Sub(corner), draw.Over)
	}
}

func (p *painter) done(fyne.CanvasObject) {}

// plain tells whether a rectangle is nothing but one colour.
func plain(r *canvas.Rectangle) bool {
	return (r.StrokeColor == nil || r.StrokeWidth <= 0) && r.CornerRadius == 0 && r.TopLeftCornerRadius == 0 && r.TopRightCornerRadius == 0 &&
		r.BottomLeftCornerRadius == 0 && r.BottomRightCornerRadius == 0 && r.Aspect == 0 && r.Shadow.Color == nil
}

// fill draws a plain rectangle.
func (p *painter) fill(r *canvas.Rectangle, at fyne.Position, clip image.Rectangle) {
	if r.FillColor == nil {
		return
	}
	x, y := Pixels(at.X, p.scale), Pixels(at.Y, p.scale)
	target := image.Rect(x, y, x+Pixels(r.Size().Width, p.scale), y+Pixels(r.Size().Height, p.scale)).Intersect(clip)
	if target.Empty() {
		return
	}
	switch _, _, _, alpha := r.FillColor.RGBA(); alpha {
	case 0:
	case 0xffff:
		draw.Draw(p.drawn, target, image.NewUniform(color.RGBAModel.Convert(r.FillColor)), image.Point{}, draw.Src)
	default:
		draw.Draw(p.drawn, target, image.NewUniform(r.FillColor), image.Point{}, draw.Over)
	}
}

// paints tells whether an object is one that Fyne draws.
func paints(o fyne.CanvasObject) bool {
	switch o.(type) {
	case *fyne.Container, fyne.Widget:
		return false
	}
	return true
}

// marginOf is how far an object is drawn beyond its borders.
func marginOf(o fyne.CanvasObject) float32 {
	var stroke float32
	var shadow canvas.Shadow
	switch o := o.(type) {
	case *canvas.Rectangle:
		stroke, shadow = o.StrokeWidth, o.Shadow
	case *canvas.Circle:
		stroke, shadow = o.StrokeWidth, o.Shadow
	case *canvas.Ellipse:
		stroke, shadow = o.StrokeWidth, o.Shadow
	case *canvas.Line:
		stroke = o.StrokeWidth
	case *canvas.Arc:
		stroke = o.StrokeWidth
	case *canvas.RegularPolygon:
		stroke = o.StrokeWidth
	case *canvas.ArbitraryPolygon:
		stroke = o.StrokeWidth
	case *canvas.BezierCurve:
		return o.StrokeWidth + max(o.Size().Width, o.Size().Height) // its control points may lie outside
	default:
		return 0
	}
	if stroke > 0 {
		stroke += 2
	}
	if shadow.Color == nil {
		return stroke
	}
	return stroke + shadow.BlurRadius + max(shadow.Spread, 0) + max(shadow.Offset.X, -shadow.Offset.X, shadow.Offset.Y, -shadow.Offset.Y) + 1
}
