// Package machine is what a component knows of the machine that it runs on: its addresses and ids, its load and speed, which of
// its programs listen where, what its administrator lets routes listen on and dial, which installations it has joined, and its
// clock, network and log. It knows nothing of sessions. What the operating system gives is a small interface, so that a test can
// stand in for the machine.
package machine
