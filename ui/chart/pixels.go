package chart

import "image"

// Pixels gives a picture of a size. It reuses the last one of that size, to make no garbage, and does not clear it.
func Pixels(last *image.RGBA, width, height int) *image.RGBA {
	if last != nil && last.Bounds().Dx() == width && last.Bounds().Dy() == height {
		return last
	}
	return image.NewRGBA(image.Rect(0, 0, width, height))
}
