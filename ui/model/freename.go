package model

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"lockwire/engine"
)

// FreeName derives an unused rule name from a name.
func FreeName(name string, taken []string) string {
	free := name
	for i := 2; slices.ContainsFunc(taken, func(t string) bool { return engine.SameName(t, free) }); i++ {
		number := fmt.Sprintf(" (%d)", i)
		short := []rune(name)
		if most := engine.MaximumNameLength - utf8.RuneCountInString(number); len(short) > most {
			short = short[:most]
		}
		free = string(short) + number
	}
	return free
}
