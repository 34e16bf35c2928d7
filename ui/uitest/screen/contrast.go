package screen

import (
	"image"
	"image/color"
	"math"
)

// Contrast is the contrast ratio of two opaque colours by WCAG 2, from 1 to 21.
func Contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is the relative luminance of WCAG 2.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	part := func(v uint32) float64 {
		x := float64(v) / 0xffff
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*part(r) + 0.7152*part(g) + 0.0722*part(b)
}

// DrawnContrast is the highest contrast that anything drawn in a part of a picture has to a ground.
func DrawnContrast(picture image.Image, part image.Rectangle, ground color.Color) float64 {
	highest := 1.0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			highest = max(highest, Contrast(picture.At(x, y), ground))
		}
	}
	return highest
}
