package network

// Waiting tells somebody when a connection waits for its peer, once for each wait. The zero value tells nobody.
type Waiting struct {
	Tell func(begins bool) // nil where nobody asks
	told bool
}

// Begin is called where the connection waits, however often it looks again meanwhile.
func (w *Waiting) Begin() {
	if w.Tell != nil && !w.told {
		w.told = true
		w.Tell(true)
	}
}

// End is called where it does not wait, or no more.
func (w *Waiting) End() {
	if w.told {
		w.told = false
		w.Tell(false)
	}
}
