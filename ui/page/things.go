package page

// HistoryThing is the thing that opens the whole history.
const HistoryThing = "history"

// BetweenNames separates the two names of a pair; a name has no control characters.
const BetweenNames = "\n"

// PairThing is the thing that opens a pair of components in the simulator.
func PairThing(source, target string) string { return source + BetweenNames + target }
