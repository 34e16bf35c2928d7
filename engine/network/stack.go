package network

// stackOfFlow makes the runtime, which doubles, give a goroutine the 8 KiB of stack that opening and carrying a flow need.
const stackOfFlow = 3 << 10

// GrowStack has the stack of a goroutine that begins to serve a flow grow to what that needs, at once and while there is nothing on it to be
// moved. It would get there all the same, in steps that copy what is there by then, which took a hundredth of a short connection's time
// more.
//
//go:noinline
func GrowStack() {
	var room [stackOfFlow]byte
	touch(&room)
}

//go:noinline
func touch(*[stackOfFlow]byte) {}
