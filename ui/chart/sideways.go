package chart

import (
	"image"
	"image/color"
	"image/draw"

	"fyne.io/fyne/v2"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Sideways writes text upwards into pictures, which Fyne cannot. It caches what it wrote.
type Sideways struct {
	letters *sfnt.Font // nil where the font cannot be read
	buffer  sfnt.Buffer
	face    font.Face
	size    float32
	written map[string]*image.Alpha
}

// NewSideways writes in a font.
func NewSideways(resource fyne.Resource) *Sideways {
	letters, err := sfnt.Parse(resource.Content())
	if err != nil {
		return &Sideways{}
	}
	return &Sideways{letters: letters}
}

// Draw writes a text of a size in pixels upwards, its middle at x and its beginning at y. It writes nothing and gives false where
// the font lacks a letter.
func (s *Sideways) Draw(on draw.Image, text string, size, x, y float32, c color.Color) bool {
	mask := s.write(text, size)
	if mask == nil {
		return false
	}
	bounds := mask.Bounds()
	at := image.Pt(int(x)-bounds.Dx()/2, int(y)-bounds.Dy())
	draw.DrawMask(on, bounds.Add(at), image.NewUniform(c), image.Point{}, mask, image.Point{}, draw.Over)
	return true
}

// write gives the mask of a text; nil where the font lacks a letter.
func (s *Sideways) write(text string, size float32) *image.Alpha {
	if s.letters == nil {
		return nil
	}
	if s.face == nil || s.size != size {
		face, err := opentype.NewFace(s.letters, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return nil
		}
		s.face, s.size, s.written = face, size, map[string]*image.Alpha{}
	}
	if mask, done := s.written[text]; done {
		return mask
	}
	for _, letter := range text {
		if glyph, err := s.letters.GlyphIndex(&s.buffer, letter); err != nil || glyph == 0 {
			s.written[text] = nil
			return nil
		}
	}
	metrics := s.face.Metrics()
	level := image.NewAlpha(image.Rect(0, 0, font.MeasureString(s.face, text).Ceil()+1, (metrics.Ascent + metrics.Descent).Ceil()))
	drawer := font.Drawer{Dst: level, Src: image.Opaque, Face: s.face, Dot: fixed.Point26_6{Y: metrics.Ascent}}
	drawer.DrawString(text)
	s.written[text] = turned(level)
	return s.written[text]
}

// turned is a picture rotated by 90° to the left.
func turned(level *image.Alpha) *image.Alpha {
	width, height := level.Bounds().Dx(), level.Bounds().Dy()
	up := image.NewAlpha(image.Rect(0, 0, height, width))
	for y := range height {
		for x := range width {
			up.SetAlpha(y, width-1-x, level.AlphaAt(x, y))
		}
	}
	return up
}
