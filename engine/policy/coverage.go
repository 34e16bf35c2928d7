package policy

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"lockwire/engine"
)

// Matrix says for all pairs of components whether their traffic would be sealed.
type Matrix struct {
	// Components are those that are not revoked, sorted by name; they are the rows and the columns.
	Components []Covered `json:"components"`
	// Cells[i][j] is the pair of components i and j. It equals Cells[j][i], because rules hold both ways round; a component
	// with itself has no mode.
	Cells [][]Cell `json:"cells"`
	// Sealed and Plain count the pairs, each once.
	Sealed int `json:"sealed"`
	Plain  int `json:"plain"`
}

// Covered is a component of a matrix.
type Covered struct {
	ID   engine.ID `json:"id"`
	Name string    `json:"name"`
}

// Cell is what the rules say for one pair of components.
type Cell struct {
	Mode engine.Mode `json:"mode"`
	By   engine.By   `json:"by,omitempty"`
}

// Coverage decides for all pairs of components. SameMachine tells of which the broker has proven that they are one
// machine; nil: of none. The error is that of ctx.
func Coverage(ctx context.Context, state State, moment time.Time, sameMachine func(a, b engine.ID) bool) (Matrix, error) {
	if sameMachine == nil {
		sameMachine = func(engine.ID, engine.ID) bool { return false }
	}
	f := newField(&state, moment)
	matrix := Matrix{Components: make([]Covered, 0, len(f.ends))}
	for id, e := range f.ends {
		matrix.Components = append(matrix.Components, Covered{id, e.label})
	}
	slices.SortFunc(matrix.Components, func(a, b Covered) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	count := len(matrix.Components)
	cells := make([]Cell, count*count)
	matrix.Cells = make([][]Cell, count)
	for i := range matrix.Cells {
		matrix.Cells[i] = cells[i*count : (i+1)*count]
	}
	for i, source := range matrix.Components {
		if err := ctx.Err(); err != nil {
			return Matrix{}, err
		}
		for j := i + 1; j < count; j++ {
			target := matrix.Components[j]
			ruling := f.situation(f.ends[source.ID], f.ends[target.ID], sameMachine(source.ID, target.ID)).rule()
			cell := Cell{ruling.mode, ruling.by}
			matrix.Cells[i][j], matrix.Cells[j][i] = cell, cell
			if cell.Mode == engine.Sealed {
				matrix.Sealed++
			} else {
				matrix.Plain++
			}
		}
	}
	return matrix, nil
}
