// Package route carries connections: it listens for tools at a source, opens a channel to the target for each of their
// connections, and dials backends at a target.
//
//	Routes   the routes of which the component is a source; one Route each
//	  │
//	Route    listens, accepts, and lets a connection join the session of the route (live.Current)
//	  │
//	Flows    opens a flow to the target (dial, race of its endpoints); takes one at the target (backend, via)
//	  │
//	Flow     a channel and what stands at the local side, with a pump between them, until both are over
//
// A route begins no session and decides no mode: package live says which session a connection joins, and when that is to end.
package route
