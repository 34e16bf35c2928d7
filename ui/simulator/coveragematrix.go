package simulator

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

const (
	largestCell  = 26
	smallestCell = 15 // names are readable at this height
	// matrixMargin is left free after the last row and column, for the scroll bars.
	matrixMargin = 12
)

// coverageMatrix draws all pairs of components: full squares are sealed, hollow ones plain, so that colour is not all that tells
// them apart. Rows and columns have the same order. Names stay where they are while the squares are scrolled, and only what is in
// sight is drawn, so that many components cost no more than few.
type coverageMatrix struct {
	widget.BaseWidget
	// onPoint is called when another pair is under the mouse or the cursor, onChoose when one was chosen, with the indexes of the two
	// components in the coverage.
	onPoint, onChoose func(row, column int)

	coverage   engine.Coverage
	shown      []int // indexes of the components that are shown
	routedOnly bool
	routed     map[[2]int]bool

	scroll *container.Scroll
	sheet  *matrixSheet
	cell   float32 // the side of a square
	widest float32 // name

	row, column int  // indexes in shown of the pair that is pointed at
	pointed     bool // by the mouse
	focused     bool
}

func newCoverageMatrix(onPoint, onChoose func(row, column int)) *coverageMatrix {
	m := &coverageMatrix{onPoint: onPoint, onChoose: onChoose, cell: largestCell}
	m.sheet = &matrixSheet{matrix: m}
	m.sheet.ExtendBaseWidget(m.sheet)
	m.scroll = container.NewScroll(m.sheet)
	m.scroll.OnScrolled = func(fyne.Position) { m.Refresh() }
	m.ExtendBaseWidget(m)
	return m
}

// set shows the pairs of some components, or only those with a route between them.
func (m *coverageMatrix) set(coverage engine.Coverage, shown []int, routedOnly bool) {
	m.coverage, m.shown, m.routedOnly = coverage, shown, routedOnly
	m.routed = make(map[[2]int]bool, 2*len(coverage.Routed))
	for _, pair := range coverage.Routed {
		m.routed[pair], m.routed[[2]int{pair[1], pair[0]}] = true, true
	}
	m.widest = m.widestName()
	last := max(len(shown)-1, 0)
	m.row, m.column = min(m.row, last), min(m.column, last)
	m.Refresh()
	m.scroll.Refresh() // scrolls back if the part in sight is gone
}

// restart points at the first pair, and shows it.
func (m *coverageMatrix) restart() {
	m.row, m.column = 0, 0
	m.scroll.ScrollToOffset(fyne.NewPos(0, 0))
	m.Refresh()
}

// shows reports whether there is a square for a pair of indexes in shown.
func (m *coverageMatrix) shows(row, column int) bool {
	return row != column && (!m.routedOnly || m.routed[[2]int{m.shown[row], m.shown[column]}])
}

// at finds the pair at a position on the sheet.
func (m *coverageMatrix) at(position fyne.Position) (row, column int, found bool) {
	row, column = int(position.Y/m.cell), int(position.X/m.cell)
	return row, column, position.X >= 0 && position.Y >= 0 && row < len(m.shown) && column < len(m.shown)
}

// point moves to a pair and describes it.
func (m *coverageMatrix) point(row, column int) {
	m.row, m.column = row, column
	if m.onPoint != nil && m.shows(row, column) {
		m.onPoint(m.shown[row], m.shown[column])
	}
	m.Refresh()
}

func (m *coverageMatrix) choose(row, column int) {
	if m.onChoose != nil && m.shows(row, column) {
		m.onChoose(m.shown[row], m.shown[column])
	}
}

// AccessibilityLabel and AccessibilityRole tell assistive tools what it is.
func (m *coverageMatrix) AccessibilityLabel() string {
	return "All pairs of components: sources downward, targets across"
}
func (m *coverageMatrix) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// FocusGained and the three below make the matrix work by keys: arrows, Page Up and Page Down move; Home and End go to the first
// and the last column, and once there to the first and the last row; Enter chooses.
func (m *coverageMatrix) FocusGained() { m.focused = true; m.Refresh() }

// FocusLost implements fyne.Focusable.
func (m *coverageMatrix) FocusLost() { m.focused = false; m.Refresh() }

// TypedRune implements fyne.Focusable.
func (m *coverageMatrix) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (m *coverageMatrix) TypedKey(e *fyne.KeyEvent) {
	last := len(m.shown) - 1
	if last < 0 {
		return
	}
	row, column := m.row, m.column
	page := max(int(m.scroll.Size().Height/m.cell)-1, 1)
	switch e.Name {
	case fyne.KeyLeft:
		column--
	case fyne.KeyRight:
		column++
	case fyne.KeyUp:
		row--
	case fyne.KeyDown:
		row++
	case fyne.KeyPageUp:
		row -= page
	case fyne.KeyPageDown:
		row += page
	case fyne.KeyHome:
		if column == 0 {
			row = 0
		}
		column = 0
	case fyne.KeyEnd:
		if column == last {
			row = last
		}
		column = last
	case fyne.KeyReturn, fyne.KeyEnter:
		m.choose(row, column)
		return
	default:
		return
	}
	m.point(min(max(row, 0), last), min(max(column, 0), last))
	m.reveal()
}

// reveal scrolls to the pair that is pointed at.
func (m *coverageMatrix) reveal() {
	along := func(offset, size float32, index int) float32 {
		from := float32(index) * m.cell
		return max(min(offset, from), from+m.cell+matrixMargin-size, 0)
	}
	size := m.scroll.Size()
	to := fyne.NewPos(along(m.scroll.Offset.X, size.Width, m.column), along(m.scroll.Offset.Y, size.Height, m.row))
	if to != m.scroll.Offset {
		m.scroll.ScrollToOffset(to)
		m.Refresh()
	}
}

// matrixSheet is as large as all squares together. It is scrolled over the picture of those in sight, and takes the mouse.
type matrixSheet struct {
	widget.BaseWidget
	matrix *coverageMatrix
}

// CreateRenderer draws nothing: the picture lies below.
func (s *matrixSheet) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewWithoutLayout())
}

// AccessibilityLabel and AccessibilityRole tell assistive tools what it is.
func (s *matrixSheet) AccessibilityLabel() string             { return s.matrix.AccessibilityLabel() }
func (s *matrixSheet) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// MinSize is that of all squares.
func (s *matrixSheet) MinSize() fyne.Size {
	return fyne.NewSquareSize(s.matrix.cell*float32(len(s.matrix.shown)) + matrixMargin)
}

// Tapped points at a pair; DoubleTapped chooses it.
func (s *matrixSheet) Tapped(e *fyne.PointEvent) {
	if canvas := fyne.CurrentApp().Driver().CanvasForObject(s.matrix); canvas != nil {
		canvas.Focus(s.matrix)
	}
	if row, column, found := s.matrix.at(e.Position); found {
		s.matrix.point(row, column)
	}
}

// DoubleTapped implements fyne.DoubleTappable.
func (s *matrixSheet) DoubleTapped(e *fyne.PointEvent) {
	if row, column, found := s.matrix.at(e.Position); found {
		s.matrix.choose(row, column)
	}
}

var _ desktop.Hoverable = (*matrixSheet)(nil)

// MouseIn and the two below say what is under the mouse.
func (s *matrixSheet) MouseIn(e *desktop.MouseEvent) { s.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (s *matrixSheet) MouseMoved(e *desktop.MouseEvent) {
	m := s.matrix
	row, column, found := m.at(e.Position)
	if found && (!m.pointed || row != m.row || column != m.column) {
		m.pointed = true
		m.point(row, column)
	}
}

// MouseOut implements desktop.Hoverable.
func (s *matrixSheet) MouseOut() {
	s.matrix.pointed = false
	s.matrix.Refresh()
}
