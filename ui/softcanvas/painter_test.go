package softcanvas

import (
	"image"
	"image/color"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// everything is a page with all kinds of things that the console draws.
func everything() fyne.CanvasObject {
	circle := canvas.NewCircle(color.NRGBA{R: 200, A: 255})
	circle.StrokeColor, circle.StrokeWidth = color.Black, 2
	round := canvas.NewRectangle(color.NRGBA{G: 120, A: 200})
	round.CornerRadius, round.StrokeColor, round.StrokeWidth = 8, color.NRGBA{B: 200, A: 255}, 1
	line := canvas.NewLine(color.NRGBA{R: 90, G: 90, A: 255})
	line.Position2 = fyne.NewPos(60, 30)
	middle := canvas.NewText("in the middle", color.NRGBA{B: 255, A: 255})
	middle.Alignment, middle.TextStyle.Italic = fyne.TextAlignCenter, true
	right := canvas.NewText("at the right", color.Black)
	right.Alignment, right.TextStyle.Bold = fyne.TextAlignTrailing, true
	drawing := canvas.NewRaster(func(width, height int) image.Image {
		picture := image.NewRGBA(image.Rect(0, 0, width, height))
		for i := range picture.Pix {
			picture.Pix[i] = byte(i * 7)
		}
		for i := 3; i < len(picture.Pix); i += 4 {
			picture.Pix[i] = 255
		}
		return picture
	})
	drawing.SetMinSize(fyne.NewSize(40, 30))
	shapes := container.NewGridWithColumns(5, circle, round, line, drawing, canvas.NewHorizontalGradient(color.White, color.Black))
	entry := widget.NewEntry()
	entry.SetText("typed")
	list := widget.NewList(func() int { return 100 }, func() fyne.CanvasObject { return widget.NewLabel("") }, func(i int, o fyne.CanvasObject) {
		o.(*widget.Label).SetText("row")
	})
	return container.NewBorder(container.NewVBox(shapes, middle, right, container.NewHBox(widget.NewButtonWithIcon("Press", theme.HomeIcon(), nil), widget.NewCheck("on", nil)), entry), nil, nil, nil, list)
}

// At other scales borders are a pixel off here and there: what lies between two pixels is rounded for each object apart.
func TestAFrameIsWhatFyneDraws(t *testing.T) {
	for _, scale := range []float32{1, 2} {
		test.NewTempApp(t)
		content := everything()
		fynes := software.NewCanvas()
		fynes.SetPadded(false)
		fynes.SetScale(scale)
		fynes.SetContent(content)
		fynes.Resize(fyne.NewSize(400, 300))
		want := fynes.Capture()
		c := New()
		c.SetPadded(false)
		c.SetScale(scale)
		c.SetContent(content)
		c.Resize(fyne.NewSize(400, 300))
		for _, what := range []string{"the first frame", "one from pictures that were kept"} {
			got, _ := c.Frame(moment)
			if got.Bounds() != want.Bounds() {
				t.Fatalf("scale %v: %v, not %v", scale, got.Bounds(), want.Bounds())
			}
			if differ := pixelsThatDiffer(got, want); differ > 0 {
				t.Errorf("scale %v: %s differs in %d pixels", scale, what, differ)
			}
		}
	}
}

// pixelsThatDiffer counts the pixels of which a person could see that they differ: two ways of blending round differently.
func pixelsThatDiffer(a, b image.Image) (count int) {
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			for _, pair := range [][2]uint32{{r1, r2}, {g1, g2}, {b1, b2}} {
				if max(pair[0], pair[1])-min(pair[0], pair[1]) > 4<<8 {
					count++
					break
				}
			}
		}
	}
	return count
}

func TestOnlyWhatChangesDiffersFromTheFrameBefore(t *testing.T) {
	text := canvas.NewText("before", color.Black)
	text.Resize(fyne.NewSize(60, 20))
	text.Move(fyne.NewPos(130, 140))
	c := newCanvas(t, container.NewWithoutLayout(text))
	if _, changed := c.Frame(moment); len(changed) != 0 || c.Dirty() {
		t.Errorf("nothing has changed, but %v", changed)
	}
	text.Text = "after"
	c.Refresh(text)
	if !c.Dirty() {
		t.Error("no new frame is asked for")
	}
	_, changed := c.Frame(moment)
	if want := []image.Rectangle{image.Rect(128, 128, 192, 192)}; !slices.Equal(changed, want) {
		t.Errorf("%v differs, not %v", changed, want)
	}
	c.Again()
	if _, changed = c.Frame(moment); !slices.Equal(changed, []image.Rectangle{image.Rect(0, 0, 400, 300)}) {
		t.Errorf("a window that lost what it showed gets %v", changed)
	}
}

func TestADrawingIsDrawnAnewOnlyWhereItWasRefreshed(t *testing.T) {
	drawn := map[string]int{}
	drawing := func(name string) *canvas.Raster {
		return canvas.NewRaster(func(width, height int) image.Image {
			drawn[name]++
			return image.NewRGBA(image.Rect(0, 0, width, height))
		})
	}
	one, other := drawing("one"), drawing("other")
	inside := container.NewStack(one)
	c := newCanvas(t, container.NewGridWithColumns(2, inside, other))
	c.Frame(moment)
	if drawn["one"] != 1 || drawn["other"] != 1 {
		t.Errorf("for two frames it was drawn %v times", drawn)
	}
	inside.Hide()
	c.Refresh(inside) // also while it is hidden
	inside.Show()
	c.Frame(moment)
	if drawn["one"] != 2 || drawn["other"] != 1 {
		t.Errorf("after a refresh of one it was drawn %v times", drawn)
	}
	c.Resize(fyne.NewSize(500, 300))
	c.Frame(moment)
	if drawn["one"] != 3 || drawn["other"] != 2 {
		t.Errorf("in another size it was drawn %v times", drawn)
	}
}

func TestPicturesThatNobodyNeedsGo(t *testing.T) {
	test.NewTempApp(t)
	p := newPictures()
	p.scale = 1
	used := canvas.NewText("used in each frame", color.Black)
	drawn := p.of(used).image
	for i := range 100 {
		p.keep(i, picture{image: image.NewRGBA(image.Rect(0, 0, 1000, 500))})
		if p.of(used).image != drawn {
			t.Fatal("what is used is drawn anew")
		}
		p.age()
		if kept := 500_000 * (len(p.young) + len(p.old) - 2); kept > 2*mostPixels+1_000_000 {
			t.Fatalf("%d pixels are kept", kept)
		}
	}
	if p.young[0].image != nil || p.old[0].image != nil {
		t.Error("what nobody used for long is kept")
	}
}
