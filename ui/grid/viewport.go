package grid

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// viewport scrolls over rows of one height and has widgets only for those in sight. Fyne's list does that too, but clicks between its
// rows are lost, it takes the keyboard, and it redraws all rows at every change.
type viewport struct {
	widget.BaseWidget
	length func() int
	make   func() *row
	fill   func(i int, r *row)
	// placed is called after rows were placed, with the number of the last one in sight; -1 where there is none.
	placed func(last int)

	scroll *container.Scroll
	sheet  *sheet
	rows   []*row // row i of the data is shown by row i % len(rows)
	known  int    // the length that the scroller knows of
	later  int    // the row to bring into sight once there is room for any; -1 for none
}

func newViewport(length func() int, make func() *row, fill func(int, *row), placed func(int)) *viewport {
	v := &viewport{length: length, make: make, fill: fill, placed: placed, later: -1}
	v.sheet = &sheet{viewport: v}
	v.sheet.ExtendBaseWidget(v.sheet)
	v.scroll = container.NewVScroll(v.sheet)
	v.scroll.OnScrolled = func(fyne.Position) { v.place(false) }
	v.ExtendBaseWidget(v)
	return v
}

// update shows the rows as they are now, drawing only what changed.
func (v *viewport) update() {
	if n := v.length(); n != v.known {
		v.known = n
		v.scroll.Refresh() // it scrolls back where rows that were in sight are gone
	}
	v.place(true)
}

// place puts the rows in sight at their positions. It fills rows that already show their data only if again is set.
func (v *viewport) place(again bool) {
	size, n := v.scroll.Size(), v.length()
	if size.Height <= 0 {
		return
	}
	need := int(math.Ceil(float64(size.Height/rowHeight))) + 1
	if len(v.rows) < need {
		for len(v.rows) < need {
			v.rows = append(v.rows, v.make())
		}
		for _, r := range v.rows {
			r.index = -1 // another number of rows: each now shows another row
		}
		v.sheet.objects = nil
		for _, r := range v.rows {
			v.sheet.objects = append(v.sheet.objects, r)
		}
	}
	first := max(min(int(v.scroll.Offset.Y/rowHeight), n-1), 0)
	for i := first; i < first+len(v.rows); i++ {
		r := v.rows[i%len(v.rows)]
		if i >= n {
			r.index = -1
			r.Hide()
			continue
		}
		// Filled before it is laid out: texts are cut to the width of their cells.
		if again || r.index != i {
			v.fill(i, r)
		}
		r.Move(fyne.NewPos(0, float32(i)*rowHeight))
		r.Resize(fyne.NewSize(size.Width, rowHeight))
		r.Show()
	}
	if v.placed != nil {
		v.placed(min(first+need-1, n) - 1)
	}
}

// reveal scrolls as little as is needed to have a row in sight.
func (v *viewport) reveal(i int) {
	top, bottom := float32(i)*rowHeight, float32(i+1)*rowHeight
	offset := v.scroll.Offset
	switch height := v.scroll.Size().Height; {
	case height <= 0:
		v.later = i
		return
	case top < offset.Y:
		offset.Y = top
	case bottom > offset.Y+height:
		offset.Y = min(max(bottom-height, 0), top) // where not even one row has room, its beginning is shown
	default:
		return
	}
	v.scrollTo(offset)
}

// scrollTo scrolls to an offset. Fyne tells nobody of that, so the rows are placed here.
func (v *viewport) scrollTo(offset fyne.Position) {
	v.scroll.ScrollToOffset(offset)
	v.place(false)
}

// inSight is how many whole rows there is room for.
func (v *viewport) inSight() int { return max(int(v.scroll.Size().Height/rowHeight), 1) }

// CreateRenderer shows the scroller.
func (v *viewport) CreateRenderer() fyne.WidgetRenderer {
	return &viewportRenderer{WidgetRenderer: widget.NewSimpleRenderer(v.scroll), viewport: v}
}

type viewportRenderer struct {
	fyne.WidgetRenderer
	viewport *viewport
}

func (r *viewportRenderer) MinSize() fyne.Size { return fyne.NewSize(100, 3*rowHeight) }

func (r *viewportRenderer) Layout(size fyne.Size) {
	r.viewport.scroll.Resize(size)
	r.viewport.place(true)
	if later := r.viewport.later; later >= 0 && size.Height > 0 {
		r.viewport.later = -1
		r.viewport.reveal(later)
	}
}

func (r *viewportRenderer) Refresh() { r.viewport.update() }

// sheet is what is scrolled: as high as all rows, with the few that are in sight on it.
type sheet struct {
	widget.BaseWidget
	viewport *viewport
	objects  []fyne.CanvasObject
}

// MinSize is the height of all rows.
func (s *sheet) MinSize() fyne.Size {
	return fyne.NewSize(100, float32(s.viewport.length())*rowHeight)
}

// CreateRenderer shows the rows.
func (s *sheet) CreateRenderer() fyne.WidgetRenderer { return &sheetRenderer{s} }

type sheetRenderer struct{ sheet *sheet }

func (r *sheetRenderer) Destroy()                     {}
func (r *sheetRenderer) Layout(fyne.Size)             {}
func (r *sheetRenderer) MinSize() fyne.Size           { return r.sheet.MinSize() }
func (r *sheetRenderer) Objects() []fyne.CanvasObject { return r.sheet.objects }

// Refresh redraws all rows for another theme.
func (r *sheetRenderer) Refresh() {
	for _, o := range r.sheet.objects {
		o.Refresh()
	}
	canvas.Refresh(r.sheet)
}
