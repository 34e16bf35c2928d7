package engine

// Allotment is what one end of a session may send now, and why. Where no limit holds there is none.
type Allotment struct {
	// From is the end that sends.
	From SideOfSession `json:"from"`
	// BytesPerSecond is its share of all limits that it draws on.
	BytesPerSecond uint64 `json:"bytesPerSecond"`
	// Confirmed tells that the component has put it in force. OutOfReach: nothing else can be told to it, and it keeps this share.
	Confirmed  bool       `json:"confirmed"`
	OutOfReach bool       `json:"outOfReach,omitempty"`
	Caps       []CapShare `json:"caps"` // the lowest limit first
}

// CapShare is one limit that an end draws on.
type CapShare struct {
	Cap
	// Sessions is how many ends of sessions draw on it.
	Sessions int `json:"sessions"`
	// Share is what it would let the end have, in bytes per second, whatever its other limits say.
	Share uint64 `json:"share"`
	// Holds tells that it is the one that keeps the end from more.
	Holds bool `json:"holds,omitempty"`
}
