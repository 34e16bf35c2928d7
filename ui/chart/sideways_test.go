package chart

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// inked gives the area that a text takes when it is written upwards at the middle of a picture.
func inked(s *Sideways, text string) (area image.Rectangle, written bool) {
	picture := image.NewRGBA(image.Rect(0, 0, 100, 200))
	written = s.Draw(picture, text, 20, 50, 190, color.Black)
	for y := range 200 {
		for x := range 100 {
			if picture.RGBAAt(x, y).A > 0 {
				area = area.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return area, written
}

func TestATextIsWrittenUpwards(t *testing.T) {
	s := NewSideways(theme.DefaultTextFont())
	short, written := inked(s, "vault")
	if !written || short.Dy() <= short.Dx() || short.Max.Y > 190 || short.Max.Y < 180 || short.Min.X < 35 || short.Max.X > 65 {
		t.Errorf("it takes %v", short)
	}
	if long, _ := inked(s, "vault-offsite"); long.Dy() <= short.Dy() || long.Max.Y != short.Max.Y {
		t.Errorf("a longer text takes %v, a shorter one %v", long, short)
	}
	if again, _ := inked(s, "vault"); again != short {
		t.Errorf("the second time it takes %v", again)
	}
}

func TestATextWhoseLettersAreMissingIsNotWritten(t *testing.T) {
	for name, s := range map[string]*Sideways{"letters": NewSideways(theme.DefaultTextFont()), "font": NewSideways(fyne.NewStaticResource("none", []byte("no font")))} {
		if area, written := inked(s, "vault 備份"); written || !area.Empty() {
			t.Errorf("without the %s it takes %v", name, area)
		}
	}
}
