// Package simulator is the page that says what the rules decide for a pair of machines, or for all pairs, at any time.
package simulator
