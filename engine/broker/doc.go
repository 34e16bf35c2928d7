// Package broker decides, mints keys and keeps the record. Components attach to it with one control stream each; it turns
// their requests for a session into a decision, a one-time key sealed to both ends, and in the end a receipt.
//
// # The parts
//
//   - [Broker] is all of it. serve.go is where to begin: [New] loads the installation's record and [Broker.Serve] runs on a listener
//     until it is told to stop.
//   - Package front guards port 6170: it takes connections, says for each method who may call it, lets machines and
//     administrators in and renews their certificates. holders.go is what it asks of the broker.
//   - attach.go is the control stream, and member.go what is known of a component, attached or not. message.go hands each
//     message of a component to the file that is named for its kind: report.go, stats.go, sessionended.go and so on.
//   - request.go goes from a request to an offer; live.go carries out what [session.Life] says of each session.
//   - reconsider.go decides anew for live sessions whenever something changed that decides.
//   - Package recorder persists sessions and receipts asynchronously; offers never wait for the store.
//
// Members, attachments, sessions and the present rules stay together in this package because they share one lock: a step of a
// session changes what is known of both of its components, and what they are sent, as one.
//
// # Locking
//
// One mutex, Broker.mu, guards all that changes: members, attachments, sessions and the present rules. It is held for short
// steps in memory only: never while a key is sealed, a decision is made, a message is sent, or the store is read or written.
// Messages are put into a component's [outbox] under the mutex, so that their order is that of the steps; that never waits,
// for an outbox that is full drops its component. The mutexes of outbox and recorder are leaves: nothing else is taken under them.
// Broker.refreshing, which lets one refresh or reconsideration run at a time, is taken before mu, never under it.
//
// What is decided without the mutex may be outdated when it is taken again. So the steps that follow check anew what must
// never be wrong (that both ends are attached and not revoked), and a decision that was made under older rules or addresses is
// reconsidered at once.
//
// # Goroutines
//
// Serve owns all of them and waits for them: one for each attached component's incoming messages, one that
// sends to it while something waits for it, one for each request for a session while it is being answered (bounded for each component), the clock, the reconsiderer and the recorder.
package broker
