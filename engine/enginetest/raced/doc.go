// Package raced tells tests whether the race detector looks on. It makes them ten times slower: what is large and finds no more
// races for it is done whole only without, and `make test` does both.
package raced
