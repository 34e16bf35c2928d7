//go:build linux

package systems

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// step is one line of a chapter of the docs: on which system it is typed, and what.
type step struct{ system, line string }

// stepLine is a line such as `vault#  lockwired status    # what it does`; the shell knows what a comment is.
var stepLine = regexp.MustCompile(`^([a-z]+)#\s+(\S.*)$`)

// chapter reads the commands of the first listing under a heading of a page of the docs.
func chapter(t *testing.T, page, heading string) []step {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", page))
	must(t, err)
	steps, err := stepsOf(string(text), heading)
	must(t, err)
	return steps
}

func stepsOf(text, heading string) ([]step, error) {
	_, rest, found := strings.Cut(text, "\n## "+heading+"\n")
	if !found {
		return nil, fmt.Errorf("there is no chapter %q", heading)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	parts := strings.Split(rest, "\n```\n")
	if len(parts) < 3 {
		return nil, fmt.Errorf("chapter %q has no listing", heading)
	}
	var steps []step
	for line := range strings.Lines(parts[1]) {
		words := stepLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if words == nil {
			return nil, fmt.Errorf("chapter %q: %q is no command on a system", heading, line)
		}
		steps = append(steps, step{words[1], words[2]})
	}
	return steps, nil
}

func TestAChapterIsReadAsItIsWritten(t *testing.T) {
	text := "# Page\n\n## Other\n\n```\nother# no\n```\n\n## Ours\n\nWords.\n\n```\nvault#      a 'b c'    # why\nfileserver# d && e\n```\n\nMore.\n\n## Next\n\n```\nnext# no\n```\n"
	steps, err := stepsOf(text, "Ours")
	if err != nil || len(steps) != 2 || steps[0] != (step{"vault", "a 'b c'    # why"}) || steps[1] != (step{"fileserver", "d && e"}) {
		t.Errorf("%q, %v", steps, err)
	}
	for _, heading := range []string{"Missing", "Page"} {
		if steps, err := stepsOf(text, heading); err == nil {
			t.Errorf("%s: %q", heading, steps)
		}
	}
	if _, err := stepsOf(strings.Replace(text, "fileserver#", "", 1), "Ours"); err == nil {
		t.Error("a line without a system was passed over")
	}
}
