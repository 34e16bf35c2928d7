package simulator

import (
	"image"
	"image/color"
	"image/draw"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"lockwire/engine"
	"lockwire/ui/chart"
	"lockwire/ui/kit"
)

// coverageSquares draws the part of a coverage that is in sight.
type coverageSquares struct {
	matrix *coverageMatrix
	// sized gives the size and the offset of the part in sight.
	sized  func() (size fyne.Size, offset fyne.Position)
	pixels *image.RGBA
}

// draw makes the picture; width and height are in pixels.
func (s *coverageSquares) draw(width, height int) image.Image {
	m := s.matrix
	s.pixels = chart.Pixels(s.pixels, width, height)
	fill(s.pixels, s.pixels.Bounds(), kit.Color(theme.ColorNameBackground))
	size, offset := s.sized()
	if size.Width <= 0 || len(m.shown) == 0 {
		return s.pixels
	}
	scale := float32(width) / size.Width
	// edge gives the first pixel of a row or column.
	edge := func(index int, offset float32) int { return int((float32(index)*m.cell - offset) * scale) }
	inSight := func(offset float32, pixels int) (first, last int) {
		return max(int(offset/m.cell), 0), min(int((offset+float32(pixels)/scale)/m.cell), len(m.shown)-1)
	}
	firstRow, lastRow := inSight(offset.Y, height)
	firstColumn, lastColumn := inSight(offset.X, width)
	if m.pointed || m.focused {
		band := kit.Color(theme.ColorNameHover)
		fill(s.pixels, image.Rect(0, edge(m.row, offset.Y), edge(len(m.shown), offset.X), edge(m.row+1, offset.Y)), band)
		fill(s.pixels, image.Rect(edge(m.column, offset.X), 0, edge(m.column+1, offset.X), edge(len(m.shown), offset.Y)), band)
	}
	tiles := newCoverageTiles(max(int(m.cell*scale)-2*tileGap, 3))
	for row := firstRow; row <= lastRow; row++ {
		for column := firstColumn; column <= lastColumn; column++ {
			if row != column && !m.shows(row, column) {
				continue
			}
			at := image.Pt(edge(column, offset.X)+tileGap, edge(row, offset.Y)+tileGap)
			tile := tiles.of(m.coverage.Cell(m.shown[row], m.shown[column]))
			draw.Draw(s.pixels, tile.Bounds().Add(at), tile, image.Point{}, draw.Src)
		}
	}
	if m.focused {
		cursor := image.Rect(edge(m.column, offset.X), edge(m.row, offset.Y), edge(m.column+1, offset.X), edge(m.row+1, offset.Y))
		frame(s.pixels, cursor, max(int(2*scale), 1), kit.Color(theme.ColorNameForeground))
	}
	return s.pixels
}

// tileGap is the room on each side of a square, in pixels.
const tileGap = 1

// coverageTiles are the squares, drawn once and copied.
type coverageTiles struct{ sealed, plain, machine, itself *image.RGBA }

func newCoverageTiles(side int) coverageTiles {
	area := image.Rect(0, 0, side, side)
	tile := func(paint func(*image.RGBA)) *image.RGBA {
		pixels := image.NewRGBA(area)
		paint(pixels)
		return pixels
	}
	hollow := func(on *image.RGBA) {
		fill(on, area, kit.Color(theme.ColorNameBackground))
		frame(on, area, max(side/6, 1), kit.Color(kit.ColorPlain))
	}
	return coverageTiles{
		sealed: tile(func(on *image.RGBA) { fill(on, area, kit.Color(kit.ColorSealed)) }),
		plain:  tile(hollow),
		machine: tile(func(on *image.RGBA) {
			hollow(on)
			fill(on, area.Inset(side/3), kit.Color(kit.ColorPlain))
		}),
		itself: tile(func(on *image.RGBA) { fill(on, area, kit.Color(kit.ColorLine)) }),
	}
}

// of gives the square of a pair: full for sealed, hollow for plain, hollow with a middle for one machine.
func (t *coverageTiles) of(mode engine.Mode, by engine.By) *image.RGBA {
	switch {
	case by == "":
		return t.itself
	case mode == engine.Sealed:
		return t.sealed
	case by == engine.BySameMachine:
		return t.machine
	}
	return t.plain
}

// newCoverageMark is a square by itself, for the legend.
func newCoverageMark(mode engine.Mode, by engine.By) fyne.CanvasObject {
	raster := canvas.NewRaster(func(width, height int) image.Image {
		tiles := newCoverageTiles(min(width, height))
		return tiles.of(mode, by)
	})
	return container.NewCenter(container.NewGridWrap(fyne.NewSquareSize(14), raster))
}

func fill(on draw.Image, area image.Rectangle, c color.Color) {
	draw.Draw(on, area, image.NewUniform(c), image.Point{}, draw.Src)
}

// frame draws the four sides of an area.
func frame(on draw.Image, area image.Rectangle, width int, c color.Color) {
	for _, side := range []image.Rectangle{
		{area.Min, image.Pt(area.Max.X, area.Min.Y+width)}, {image.Pt(area.Min.X, area.Max.Y-width), area.Max},
		{area.Min, image.Pt(area.Min.X+width, area.Max.Y)}, {image.Pt(area.Max.X-width, area.Min.Y), area.Max},
	} {
		fill(on, side, c)
	}
}
