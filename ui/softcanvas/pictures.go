package softcanvas

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/software"
	"golang.org/x/image/draw"
)

// picture is what an object looks like, and where that is relative to the object.
type picture struct {
	image  *image.RGBA   // nil where nothing can be seen
	size   fyne.Size     // that the object had
	margin image.Point   // pixels of it that lie left of and above the object
	offset fyne.Position // of a text within the room that it has
}

// mostPixels is how many pixels the pictures of one generation have together: 24 MB.
const mostPixels = 6 << 20

// pictures are what was drawn lately. Those of texts and rectangles are found by what they show, so that a table that scrolls draws only
// what is new; the others by the object, until it is refreshed. They live in two generations: what is not used
// while one fills is dropped with the next.
type pictures struct {
	scale      float32
	easel      software.WindowlessCanvas // on which Fyne draws one object
	young, old map[any]picture
	pixels     int // of the young
}

func newPictures() *pictures {
	easel := software.NewTransparentCanvas()
	easel.SetPadded(false)
	return &pictures{easel: easel, young: map[any]picture{}, old: map[any]picture{}}
}

// age drops the old generation where the young one is full.
func (p *pictures) age() {
	if p.pixels > mostPixels {
		p.old, p.young, p.pixels = p.young, map[any]picture{}, 0
	}
}

// drop forgets what one object looked like.
func (p *pictures) drop(o fyne.CanvasObject) {
	delete(p.old, any(o))
	delete(p.young, any(o))
}

// of gives the picture of an object, which is drawn where there is none.
func (p *pictures) of(o fyne.CanvasObject) picture {
	key := keyOf(o)
	text, isText := o.(*canvas.Text)
	found, there := p.young[key]
	if !there {
		found, there = p.old[key]
		if there {
			p.keep(key, found)
		}
	}
	if !there || !isText && found.size != o.Size() {
		found = p.draw(o)
		p.keep(key, found)
	}
	if isText {
		found.offset = offsetOf(text)
	}
	return found
}

func (p *pictures) keep(key any, kept picture) {
	p.young[key] = kept
	if kept.image != nil {
		p.pixels += kept.image.Rect.Dx() * kept.image.Rect.Dy()
	}
}

// The keys by which pictures are found.
type (
	textKey struct {
		text  string
		size  float32
		style fyne.TextStyle
		font  fyne.Resource
		color color.NRGBA64
	}
	rectangleKey struct {
		size, shadowOffset                                     fyne.Size
		fill, stroke, shadow                                   color.NRGBA64
		width, all, topLeft, topRight, bottomLeft, bottomRight float32
		aspect, shadowBlur, shadowSpread                       float32
		shadowVariant                                          canvas.ShadowVariant
	}
)

// keyOf gives what a picture is found by: all that decides what it looks like, or the object itself.
func keyOf(o fyne.CanvasObject) any {
	switch o := o.(type) {
	case *canvas.Text:
		return textKey{o.Text, o.TextSize, o.TextStyle, o.FontSource, solid(o.Color)}
	case *canvas.Rectangle:
		s := o.Shadow
		return rectangleKey{
			o.Size(), fyne.NewSize(s.Offset.X, s.Offset.Y), solid(o.FillColor), solid(o.StrokeColor), solid(s.Color),
			o.StrokeWidth, o.CornerRadius, o.TopLeftCornerRadius, o.TopRightCornerRadius, o.BottomLeftCornerRadius, o.BottomRightCornerRadius,
			o.Aspect, s.BlurRadius, s.Spread, s.Variant,
		}
	}
	return o
}

// solid makes colours of all kinds comparable.
func solid(c color.Color) color.NRGBA64 {
	if c == nil {
		return color.NRGBA64{}
	}
	return color.NRGBA64Model.Convert(c).(color.NRGBA64)
}

// offsetOf is where a text stands in the room that it has.
func offsetOf(text *canvas.Text) (offset fyne.Position) {
	size, least := text.Size(), text.MinSize()
	switch text.Alignment {
	case fyne.TextAlignTrailing:
		offset.X = size.Width - least.Width
	case fyne.TextAlignCenter:
		offset.X = (size.Width - least.Width) / 2
	}
	if size.Height > least.Height {
		offset.Y = (size.Height - least.Height) / 2
	}
	return offset
}

// draw has Fyne draw an object.
func (p *pictures) draw(o fyne.CanvasObject) picture {
	made := picture{size: o.Size()}
	switch o := o.(type) {
	case *canvas.Raster:
		made.image = p.generate(o)
		return made
	case *canvas.Text:
		alone := *o
		alone.Alignment = fyne.TextAlignLeading
		least := alone.MinSize()
		alone.Resize(least)
		if o.Text != "" { // room for what leans out to the right and hangs out below
			made.image = p.paint(&alone, least.AddWidthHeight(o.TextSize/5+1, 2), fyne.Position{})
		}
		return made
	}
	margin := Pixels(marginOf(o), p.scale)
	made.margin = image.Pt(margin, margin)
	around := float32(margin) / p.scale
	if size := o.Size().AddWidthHeight(2*around, 2*around); size.Width > 0 && size.Height > 0 {
		made.image = p.paint(o, size, fyne.NewPos(around, around))
	}
	return made
}

// paint draws an object at a place of a picture of some size.
func (p *pictures) paint(o fyne.CanvasObject, size fyne.Size, at fyne.Position) *image.RGBA {
	p.easel.SetScale(p.scale)
	frame := container.NewWithoutLayout(o)
	p.easel.SetContent(frame)
	p.easel.Resize(size)
	frame.Move(at.Subtract(o.Position()))
	drawn := p.easel.Capture()
	result := image.NewRGBA(drawn.Bounds())
	draw.Draw(result, result.Rect, drawn, drawn.Bounds().Min, draw.Src)
	return result
}

// generate has a raster draw itself.
func (p *pictures) generate(o *canvas.Raster) *image.RGBA {
	width, height := Pixels(o.Size().Width, p.scale), Pixels(o.Size().Height, p.scale)
	if width <= 0 || height <= 0 || o.Generator == nil {
		return nil
	}
	drawn := o.Generator(width, height)
	if drawn == nil {
		return nil
	}
	result := image.NewRGBA(image.Rect(0, 0, width, height))
	if drawn.Bounds().Size() == result.Rect.Size() {
		draw.Draw(result, result.Rect, drawn, drawn.Bounds().Min, draw.Src)
	} else {
		draw.ApproxBiLinear.Scale(result, result.Rect, drawn, drawn.Bounds(), draw.Src, nil)
	}
	return result
}
