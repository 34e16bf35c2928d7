package simulator

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// testCoverage is a coverage of components whose pairs are decided by chance, with the same result every time.
func testCoverage(count int) (coverage engine.Coverage, all []int) {
	letters := []byte("RAGenm")
	chance := rand.New(rand.NewPCG(1, 2))
	rows := make([][]byte, count)
	for i := range rows {
		rows[i] = make([]byte, count)
	}
	for i := range rows {
		rows[i][i] = '-'
		for j := range i {
			rows[i][j] = letters[chance.IntN(len(letters))]
			rows[j][i] = rows[i][j]
		}
		coverage.Components = append(coverage.Components, engine.Covered{Name: fmt.Sprintf("backup-proxy-%03d.example", i+1)})
		all = append(all, i)
	}
	for _, row := range rows {
		coverage.Rows = append(coverage.Rows, string(row))
	}
	return coverage, all
}

// shownMatrix is a matrix in a window, and what was pointed at and chosen.
func shownMatrix(t testing.TB, count int, size fyne.Size) (m *coverageMatrix, window fyne.Window, said *[]string) {
	t.Helper()
	uitest.NewStage(t)
	said = new([]string)
	say := func(what string) func(row, column int) {
		return func(row, column int) { *said = append(*said, fmt.Sprintf("%s %d %d", what, row, column)) }
	}
	m = newCoverageMatrix(say("point"), say("choose"))
	coverage, all := testCoverage(count)
	m.set(coverage, all, false)
	window = test.NewTempWindow(t, m)
	window.SetPadded(false)
	window.Resize(size)
	return m, window, said
}

// middle is the position of a pair on the sheet.
func (m *coverageMatrix) middle(row, column int) fyne.Position {
	return fyne.NewPos((float32(column)+0.5)*m.cell, (float32(row)+0.5)*m.cell)
}

func TestAPairIsPointedAtAndAskedAbout(t *testing.T) {
	s, page := allPairs(t)
	matrix := page.pairs.matrix
	matrix.sheet.Tapped(&fyne.PointEvent{Position: matrix.middle(0, 2)})
	if got := page.pairs.pair.Text; got != "fileserver – web: sealed, one has a public address" {
		t.Errorf("it says %q", got)
	}
	for _, key := range []fyne.KeyName{fyne.KeyLeft, fyne.KeyReturn} {
		matrix.TypedKey(&fyne.KeyEvent{Name: key})
	}
	if page.tabs.SelectedIndex() != 0 || page.source.Text != "fileserver" || page.target.Text != "vault" || !strings.Contains(screen.Text(s.Window.Content()), "Plain: nothing requires encryption") {
		t.Errorf("asked about %q and %q:\n%s", page.source.Text, page.target.Text, screen.Text(s.Window.Content()))
	}
	page.tabs.SelectIndex(allPairsTab)
	matrix.sheet.DoubleTapped(&fyne.PointEvent{Position: matrix.middle(2, 1)})
	if page.source.Text != "web" || page.target.Text != "vault" {
		t.Errorf("asked about %q and %q", page.source.Text, page.target.Text)
	}
	page.tabs.SelectIndex(allPairsTab)
	for name, at := range map[string]fyne.Position{"itself": matrix.middle(1, 1), "beyond": matrix.middle(9, 9)} {
		matrix.sheet.DoubleTapped(&fyne.PointEvent{Position: at})
		if page.tabs.SelectedIndex() != allPairsTab {
			t.Errorf("%s asked about a pair", name)
		}
	}
}

func TestThePairThatIsPointedAtNamesTheRule(t *testing.T) {
	s, page := allPairs(t)
	s.Put(t, "Backups", "10.0.0.0/24", "10.0.0.0/24", nil)
	s.Put(t, "Office", "10.0.0.1", "10.0.0.2", nil)
	state := s.State(t)
	state.Revision++
	page.Update(state)
	point := func(row, column int) string {
		matrix := page.pairs.matrix
		matrix.sheet.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: matrix.middle(row, column)}})
		return page.pairs.pair.Text
	}
	if got := point(0, 1); got != "fileserver – vault: sealed, because of rule Backups, Office" {
		t.Errorf("it says %q", got)
	}
	s.Broken = errors.New("the broker is away")
	if got := point(1, 0); got != "vault – fileserver: sealed, a rule encrypts" {
		t.Errorf("without a broker it says %q", got)
	}
}

func TestTheMatrixScrollsToWhereKeysLead(t *testing.T) {
	const count = 200
	m, _, said := shownMatrix(t, count, fyne.NewSize(700, 500))
	inSight := func() bool {
		at, size, offset := m.middle(m.row, m.column), m.scroll.Size(), m.scroll.Offset
		return at.X > offset.X && at.Y > offset.Y && at.X < offset.X+size.Width && at.Y < offset.Y+size.Height
	}
	page := int(m.scroll.Size().Height/m.cell) - 1
	for _, step := range []struct {
		key         fyne.KeyName
		row, column int
	}{
		{fyne.KeyEnd, 0, count - 1}, {fyne.KeyPageDown, page, count - 1}, {fyne.KeyDown, page + 1, count - 1}, {fyne.KeyEnd, count - 1, count - 1},
		{fyne.KeyRight, count - 1, count - 1}, {fyne.KeyDown, count - 1, count - 1}, {fyne.KeyLeft, count - 1, count - 2}, {fyne.KeyHome, count - 1, 0},
		{fyne.KeyPageUp, count - 1 - page, 0}, {fyne.KeyUp, count - 2 - page, 0}, {fyne.KeyHome, 0, 0}, {fyne.KeyUp, 0, 0}, {fyne.KeyPageUp, 0, 0},
	} {
		m.TypedKey(&fyne.KeyEvent{Name: step.key})
		if m.row != step.row || m.column != step.column || !inSight() {
			t.Errorf("%s: at %d, %d, in sight %v; wanted %d, %d", step.key, m.row, m.column, inSight(), step.row, step.column)
		}
	}
	*said = nil
	m.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) // a component and itself are no pair
	m.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	m.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnter})
	if got := strings.Join(*said, ", "); got != "point 0 1, choose 0 1" {
		t.Errorf("said %s", got)
	}
}

func TestThePairUnderTheMouseFollowsTheWheel(t *testing.T) {
	m, window, said := shownMatrix(t, 200, fyne.NewSize(700, 500))
	mouse := fyne.CurrentApp().Driver().AbsolutePositionForObject(m.scroll).AddXY(40, 40)
	test.MoveMouse(window.Canvas(), mouse)
	test.Scroll(window.Canvas(), mouse, -300, -600)
	if m.scroll.Offset.X <= 0 || m.scroll.Offset.Y <= m.scroll.Offset.X {
		t.Fatalf("scrolled to %v", m.scroll.Offset)
	}
	test.MoveMouse(window.Canvas(), mouse.AddXY(1, 0))
	row, column, _ := m.at(m.scroll.Offset.AddXY(40, 40))
	if want := fmt.Sprintf("point %d %d", row, column); (*said)[len(*said)-1] != want {
		t.Errorf("said %v, wanted %s at the end", *said, want)
	}
	m.sheet.MouseOut()
	if m.pointed {
		t.Error("a pair is pointed at without the mouse")
	}
}

func TestTheMatrixDrawsOnlyWhatIsInSight(t *testing.T) {
	for _, count := range []int{2, 8, 40, 200, 500} {
		m, window, _ := shownMatrix(t, count, fyne.NewSize(700, 500))
		r := test.WidgetRenderer(m).(*matrixRenderer)
		if size := r.raster.Size(); size.Width > 700 || size.Height > 500 {
			t.Errorf("%d components: the picture has %v", count, size)
		}
		if shown := len(r.rows.Objects) / 2; shown > 40 || shown < min(count, 20) {
			t.Errorf("%d components: %d names", count, shown)
		}
		if m.cell < smallestCell || m.cell > largestCell {
			t.Errorf("%d components: squares of %v", count, m.cell)
		}
		m.scroll.ScrollToBottom()
		if last := fmt.Sprintf("backup-proxy-%03d.example", count); !strings.Contains(screen.Text(window.Content()), last) {
			t.Errorf("%s is not shown at the bottom", last)
		}
	}
}

func TestScrollBarsAreDragged(t *testing.T) {
	m, window, _ := shownMatrix(t, 200, fyne.NewSize(700, 500))
	corner := fyne.CurrentApp().Driver().AbsolutePositionForObject(m.scroll)
	size := m.scroll.Size()
	test.Drag(window.Canvas(), corner.AddXY(5, size.Height-2), 100, 0)
	if m.scroll.Offset.X <= 0 || m.scroll.Offset.Y != 0 {
		t.Errorf("the lower bar scrolled to %v", m.scroll.Offset)
	}
	test.Drag(window.Canvas(), corner.AddXY(size.Width-2, 5), 0, 100)
	if m.scroll.Offset.Y <= 0 {
		t.Errorf("the bar at the right scrolled to %v", m.scroll.Offset)
	}
}

func TestFewerComponentsLeaveNothingOutOfSight(t *testing.T) {
	m, _, _ := shownMatrix(t, 200, fyne.NewSize(700, 500))
	m.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	m.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	coverage, all := testCoverage(3)
	m.set(coverage, all, false)
	if m.scroll.Offset != fyne.NewPos(0, 0) || m.row != 2 || m.column != 2 {
		t.Errorf("scrolled to %v, at %d, %d", m.scroll.Offset, m.row, m.column)
	}
	m.set(coverage, nil, false)
	m.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	m.sheet.Tapped(&fyne.PointEvent{Position: fyne.NewPos(5, 5)})
}

func TestTheMatrixLooksAsItShould(t *testing.T) {
	m, window, _ := shownMatrix(t, 5, fyne.NewSize(460, 300))
	coverage := engine.Coverage{Routed: [][2]int{{0, 1}}}
	for i, row := range []string{"-RAne", "R-Gmn", "AG-AR", "nmA-n", "enRn-"} {
		coverage.Components = append(coverage.Components, engine.Covered{Name: fmt.Sprintf("component %d", i+1)})
		coverage.Rows = append(coverage.Rows, row)
	}
	coverage.Components[1].Name = "a component with a name that is far too long for its place"
	m.set(coverage, []int{0, 1, 2, 3, 4}, false)
	test.AssertRendersToImage(t, "coveragematrix.png", window.Canvas())
	m.sheet.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: m.middle(1, 3)}})
	window.Canvas().Focus(m)
	test.AssertRendersToImage(t, "coveragematrix-pointed.png", window.Canvas())
}

// BenchmarkDrawCoverage draws what a step of scrolling draws: the squares and the names in sight.
func BenchmarkDrawCoverage(b *testing.B) {
	for _, count := range []int{2, 8, 40, 200, 500} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			m, _, _ := shownMatrix(b, count, fyne.NewSize(900, 700))
			r := test.WidgetRenderer(m).(*matrixRenderer)
			m.focused = true
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.scroll.Offset = fyne.NewPos(float32(i%50), float32(i%70))
				m.point(i%count, i/2%count)
				size, header := m.scroll.Size(), r.columns.Size()
				r.squares.draw(int(size.Width), int(size.Height))
				r.drawColumns(int(header.Width), int(header.Height))
			}
		})
	}
}
