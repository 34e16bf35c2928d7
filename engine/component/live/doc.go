// Package live holds the sessions of one attachment: from the offer that is taken, through the flows that join, to the broker's
// word that it knows of the end.
//
//	Requests   ask the broker for a session          Offers   take what it offers, with a one-time key of Keys
//	        │                                           │
//	     Current   which session a route's            Sessions   all of them, by id
//	        │      connections join                     │
//	        └───────────────── Session ─────────────────┘   session.End says what happens in which state
//	                              │
//	                            Flow   one connection's part in it
//
// A session at a service provider is carried by the attachment to that provider. Its request was answered by the component's own broker with
// where to ask (Elsewhere), whose broker a Witness then tells of the session, too.
//
// A session knows no route's listener, no dial and no pump: who carries a flow begins it here, tells that it opened, and closes it.
package live
