package page

import "strings"

// HistoryThing is the thing that opens the whole history.
const HistoryThing = "history"

// BetweenNames separates the two names of a pair; a name has no control characters.
const BetweenNames = "\n"

// AddThing is the thing that begins to add one, on pages where that can be done.
const AddThing = "add" + BetweenNames

// filterMark begins a thing that is words for a filter.
const filterMark = "filter" + BetweenNames

// FilterThing is the thing that opens a list with words in its filter.
func FilterThing(words string) string { return filterMark + words }

// FilterOf gives the words of such a thing.
func FilterOf(thing string) (words string, is bool) { return strings.CutPrefix(thing, filterMark) }

// PairThing is the thing that opens a pair of components in the simulator.
func PairThing(source, target string) string { return source + BetweenNames + target }
