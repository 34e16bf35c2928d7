// Package stripe carries one flow over several channels at once, its streams, so that a path with a long round trip or with
// losses, which holds one TCP connection to a fraction of the line, is filled by some together. SPEC.md of package channel,
// "Streams", is the protocol.
//
//	tool -> Commit -> segments, kept until acknowledged -> stream 0, 1, 2 …
//	tool <- Read   <- pieces, put together in order     <- stream 0, 1, 2 …
//
// Each segment goes over whichever stream can take it. What a lost stream carried goes over the others; the flow breaks when the last
// one is lost, when a record does not authenticate, or when the peer breaks the protocol. A byte is handed on once,
// in its place, or not at all.
//
// A [Flow] is one end of a pump. Its memory is bounded in each direction: by the window, which grows while the peer reads as far
// as the agent's budget allows, and by one record for each stream.
package stripe
