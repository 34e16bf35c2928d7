// Package channel is Lockwire's data channel, protocol "lockwire/1": the connection between two components that carries
// one flow of a session. SPEC.md in this folder is the protocol, byte by byte.
//
// The first channel of a session is opened in two parts. First TLS 1.3 with a hybrid post-quantum key exchange proves to each
// end that the other one holds the enrolled key that the broker named, and nothing else of TLS is used but its exporter. Then
// records take over, sealed with keys that come from the exporter and from the session's one-time key K, so that neither a stolen
// enrolled key nor a stolen K alone reads anything. It also founds a chain of keys, by which later channels join with one message
// and one answer. [Secret] is all of that which a session holds, and ends in one step.
//
// The source asks [Secret.Next] how a connection opens, and calls [Handshake] and [Proven.Open], or [Join], on a TCP connection
// that it dialled; [Connect] is all of it. The target runs a [Server], which delivers an [Incoming] only once its open record was
// authentic; the caller dials the backend and calls [Incoming.Accept] or [Incoming.Refuse]. Either way the result is a [Conn].
//
// # What a Conn promises
//
// Bytes arrive in order, once, and unchanged, or not at all. [Conn.Read] gives io.EOF only after the peer said in an
// authenticated record that it has no more; a connection that ends otherwise gives [ErrTruncated]. The first record that
// fails ends the channel: the connection is reset and its keys are wiped. A Conn has one reader and one writer, which may be
// two goroutines; Reset and Close may be called from any.
//
// In plain mode the opening is the same, and then raw bytes follow, neither encrypted nor authenticated.
//
// Where [Session].Keep allows for it, the connection of a channel that has ended in order waits for the next one of its session: [JoinKept]
// at the source, and Server at the target, use it as any other. It has no key, and goes with the Secret.
//
// The package knows no broker, logs nothing, and starts no goroutine except those of [Server.Serve], which waits for them. Timers of
// the [Secret] drop keys of numbers that were skipped, and connections that nobody uses.
package channel
