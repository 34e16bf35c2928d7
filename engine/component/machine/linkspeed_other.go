//go:build !linux

package machine

// LinkSpeed implements System. It is not known here.
func (ThisMachine) LinkSpeed() uint64 { return 0 }
