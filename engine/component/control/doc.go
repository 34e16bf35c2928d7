// Package control keeps a component attached to its broker: it joins, dials the broker, renews the certificate and holds one
// control stream open after the other.
//
//	Join      a token becomes an attachment on the disk
//
//	Broker    the broker of one attachment: tries, pauses, renewals, what the present stream is
//	  │
//	Stream    one control stream from hello to its end; what the broker says goes to Rooms
//	  │
//	dial      the broker's addresses in turn, and why one of them could not be used, in words
//
// What the messages mean for sessions, routes and tests is not known here: Rooms is all that a stream serves.
package control
