package chart

import "image"

// Pixels gives a picture of a size: the last one, where that has it, so that drawing often makes no garbage. What it shows is not cleared.
func Pixels(last *image.RGBA, width, height int) *image.RGBA {
	if last != nil && last.Bounds().Dx() == width && last.Bounds().Dy() == height {
		return last
	}
	return image.NewRGBA(image.Rect(0, 0, width, height))
}
