package main

import (
	"testing"

	"fyne.io/fyne/v2/test"
)

func TestAWindowOfWhichNothingCanBeToldIsSeen(t *testing.T) {
	if window := test.NewTempWindow(t, nil); !windowSeen(window) {
		t.Error("it would never be brought up to date")
	}
}
