package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// leaveWithin is how long the window library may take to leave its loop once the console ends.
const leaveWithin = 5 * time.Second

// quitWithin is how long Fyne has to quit of a signal by itself, which it does as soon as it looks for signals.
const quitWithin = time.Second

// leaving ends the program where the window library does not leave its loop: Fyne 2.8 may wait at its end for an event that its
// loop, which is over, was to handle.
type leaving struct {
	left chan struct{} // closed once the loop was left
}

// watchLeaving has stuck called where the loop is not left in time after ctx has ended.
func watchLeaving(ctx context.Context, stuck func()) *leaving {
	l := &leaving{left: make(chan struct{})}
	context.AfterFunc(ctx, func() {
		select {
		case <-l.left:
		case <-time.After(leaveWithin):
			stuck()
		}
	})
	return l
}

// otherwiseQuit quits where the loop is not left of itself in time. To quit beside Fyne's own end would be to close a window that the
// loop is destroying.
func (l *leaving) otherwiseQuit(quit func()) {
	select {
	case <-l.left:
		return
	case <-time.After(quitWithin):
	}
	defer func() { _ = recover() }() // the window library panics where it has ended meanwhile; then there is nothing to quit
	quit()
}

// done notes that the loop was left.
func (l *leaving) done() { close(l.left) }

// leaveAnyway ends the program as main would. What was acknowledged is on the disk then.
func leaveAnyway(end func() error, cleanUp func()) {
	err := end()
	cleanUp()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
