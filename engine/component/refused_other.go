//go:build !windows

package component

func isRefusedHere(error) bool { return false }
