//go:build !windows

package component

func isTakenHere(error) bool { return false }
