package page

// HistoryThing is what Open takes for the history as a whole.
const HistoryThing = "history"

// Pairs are handed to the page as one text; a name has no control characters.
const BetweenNames = "\n"

// PairThing names a pair of components for Open.
func PairThing(source, target string) string { return source + BetweenNames + target }
