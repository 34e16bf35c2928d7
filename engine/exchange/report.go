package exchange

import (
	"fmt"
	"strings"
)

// Note is one thing that a person should know about what was read.
type Note struct {
	// Rule is the name of the rule as it was read; empty where the note is of the whole file.
	Rule string `json:"rule,omitempty"`
	// Field is the field's name in the file that was read; empty where the note is of the whole rule.
	Field string `json:"field,omitempty"`
	Text  string `json:"text"`
}

// String writes the note as one line.
func (n Note) String() string {
	var line strings.Builder
	if n.Rule != "" {
		fmt.Fprintf(&line, "rule %q: ", n.Rule)
	}
	if n.Field != "" {
		line.WriteString(n.Field + ": ")
	}
	return line.String() + n.Text
}

// Report lists what could not be carried over as it stood, and what was read otherwise than one may expect, in the file's order.
// An empty report means that the rule set is what the file says, no more and no less.
type Report []Note

// maximumNotes keeps the report of a hostile file short enough to be shown.
const maximumNotes = 10_000

// notes collects a report.
type notes struct {
	list Report
	more int // notes beyond maximumNotes
}

func (n *notes) add(rule, field, format string, arguments ...any) {
	if len(n.list) == maximumNotes {
		n.more++
		return
	}
	n.list = append(n.list, Note{Rule: rule, Field: field, Text: fmt.Sprintf(format, arguments...)})
}

// report gives what was collected, and says how much there was besides.
func (n *notes) report() Report {
	if n.more > 0 {
		return append(n.list, Note{Text: fmt.Sprintf("%d more such notes", n.more)})
	}
	return n.list
}
