//go:build linux

package main

import (
	"fmt"
	"strconv"
	"strings"
)

// load is what a transfer puts on a path.
type load struct {
	Flows int  // at once
	Both  bool // half of the bytes go the other way, at the same time
}

// bothMark ends the number of flows that carry bytes both ways, on the command line.
const bothMark = "b"

// mostFlows bounds a load.
const mostFlows = 256

// loads reads a list such as 1,4,8b.
func loads(list string) (all []load, err error) {
	for text := range strings.SplitSeq(list, ",") {
		number, both := strings.CutSuffix(text, bothMark)
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > mostFlows {
			return nil, fmt.Errorf("flows: %q is not a number from 1 to %d, or one followed by %s for both ways", text, mostFlows, bothMark)
		}
		all = append(all, load{n, both})
	}
	return all, nil
}

func (l load) String() string {
	words := "1 flow"
	if l.Flows != 1 {
		words = fmt.Sprintf("%d flows", l.Flows)
	}
	if l.Both {
		words += ", both ways at once"
	}
	return words
}
