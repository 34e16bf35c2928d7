package engine

import "time"

// CoverageQuestion asks what the rules say for all pairs of components.
type CoverageQuestion struct {
	At time.Time `json:"at,omitzero"` // zero means now
}

// Coverage says for all pairs of components whether their traffic would be sealed.
type Coverage struct {
	At time.Time `json:"at"`
	// Components are those that are not revoked, sorted by name; they are the rows and the columns.
	Components []Covered `json:"components"`
	// Rows has a text for each component, with one letter for each component, as Letter gives it: a matrix that is the same
	// both ways round, because rules are.
	Rows []string `json:"rows"`
	// Routed are the pairs that a route leads between: the indexes of its source and target in Components.
	Routed [][2]int `json:"routed"`
	// Sealed and Plain count the pairs, each once.
	Sealed   int               `json:"sealed"`
	Plain    int               `json:"plain"`
	Findings []CoverageFinding `json:"findings"`
}

// Covered is a component of a coverage.
type Covered struct {
	ID   ID     `json:"id"`
	Name string `json:"name"`
	Role Role   `json:"role"`
}

// coverageLetters are what Coverage.Rows is written with; small ones are plain.
var coverageLetters = map[By]byte{ByProviderGateway: 'G', ByRule: 'R', ByAutomatic: 'A', ByExempt: 'e', BySameMachine: 'm', ByNone: 'n'}

// coverageCells are what the letters mean, by letter: a picture of all pairs reads each at every drawing.
var coverageCells = func() (cells [256]struct {
	mode Mode
	by   By
}) {
	for by, letter := range coverageLetters {
		cells[letter].mode, cells[letter].by = Sealed, by
		if letter >= 'a' {
			cells[letter].mode = Plain
		}
	}
	return cells
}()

// noPair stands where a component meets itself.
const noPair = '-'

// CoverageLetter writes what decided a pair, and so its mode, in one letter; "-" for no pair.
func CoverageLetter(by By) byte {
	if letter, ok := coverageLetters[by]; ok {
		return letter
	}
	return noPair
}

// Cell gives what the rules say for the components at two indexes; no mode where they are one and the same.
func (c *Coverage) Cell(row, column int) (Mode, By) {
	if row < 0 || row >= len(c.Rows) || column < 0 || column >= len(c.Rows[row]) {
		return 0, ""
	}
	cell := coverageCells[c.Rows[row][column]]
	return cell.mode, cell.by
}

// CoverageKind says what a finding is about.
type CoverageKind string

const (
	// SealedOnlyBecause: pairs of the component are sealed for no other reason than its public interfaces.
	SealedOnlyBecause CoverageKind = "sealed only because of an interface"
	// PlainAlthoughPublic: a pair is plain although one of the two has a public address.
	PlainAlthoughPublic CoverageKind = "plain although it touches a public address"
)

// MaximumFindings is how many pairs of PlainAlthoughPublic are named; the others are counted in the last one's text.
const MaximumFindings = 100

// CoverageFinding is something about the coverage that an administrator should know.
type CoverageFinding struct {
	Kind CoverageKind `json:"kind"`
	// Component has the interfaces; Other is the other one of the pair, empty where the finding is about more than one pair.
	Component string    `json:"component"`
	Other     string    `json:"other,omitempty"`
	Addresses []Address `json:"addresses"`
	// Pairs counts the pairs that it is about, Routed those of them that a route leads between.
	Pairs  int `json:"pairs"`
	Routed int `json:"routed"`
	// Text says it in a sentence.
	Text string `json:"text"`
}
