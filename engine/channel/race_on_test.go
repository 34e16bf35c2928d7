//go:build race

package channel

// raced says that the race detector makes every handshake ten times slower: attacks on each byte then take samples.
const raced = true
