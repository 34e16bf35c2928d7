// Package machine is what a component knows of the machine that it runs on: its addresses and ids, its load, the speed of its
// links, which of its programs listen where, and its clock. It knows nothing of brokers and sessions. Each is a small interface,
// so that a test can stand in for the machine.
package machine
