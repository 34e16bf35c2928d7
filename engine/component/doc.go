// Package component is the agent of one machine: it attaches to the broker, listens for backup tools, and carries their
// flows through channels to other components.
//
//	Component     data port (channel.Server), report, load, status
//	    │
//	attachment    one for each broker of its own; connects the rooms
//	    ├── control     stream, renewal, the broker's addresses; reaches the others through control.Rooms
//	    ├── live        sessions, offers, one-time keys; session.End says what happens in which state
//	    ├── route       listeners and flows: a tool's or backend's connection, a channel, and a pump between them
//	    ├── routetest   tests of routes
//	    └── provider    one for each service provider: control and live of another installation, and the way through its tunnel
//
// What a component knows of its machine stands in package machine, below all of them.
//
// # A connection on its way
//
// At the source a Route accepts it (route/listener.go), it joins the session at hand or the next one that the broker offers
// (live/current.go), its endpoints race and a channel opens (route/dial.go), a pump carries it (route/flow.go), and the session
// is told that it is over (live/flow.go). At the target the data port hands it to its session's flows (component.go), it joins
// (live/flow.go), and the backend is dialled and carried (route/target.go).
//
// # What holds
//
//   - Nothing ever falls back from sealed to plain. The mode is the broker's word in the offer, the channel's keys depend on
//     it, and a session that cannot be had is a connection that is reset, with the reason in the log.
//   - The agent's own lists hold against the broker: it opens only listeners that allow-listen covers, and dials only
//     backends that the attachment's allow-backend list covers, each time anew and by the literal address that was checked.
//   - A service provider's broker is taken at its word for little: that this machine is the source of a sealed session through the
//     tunnel, what that may send, and when it ends. It learns nothing of the machine. What the own broker has to be told of such a session
//     tells a live.Witness.
//   - A backend is dialled only after the source's open record was authentic.
//   - Without its broker a component goes on with its live sessions, new flows included. It begins no new ones.
//   - What it has to tell the broker of sessions that ended is kept, in memory, until the broker has acknowledged it. When
//     the agent itself is killed, that is lost, and the broker's receipt says "destruction unconfirmed".
//
// # A connection that was accepted is not yet usable
//
// The kernel completes a tool's connect before this package hears of it, so the tool believes itself connected while the
// session is still being asked for and the backend dialled. Its first bytes wait in the kernel; none is read before the
// target has answered opened. Where that does not come, the connection is reset.
//
// # Many in one process
//
// There is no global state: any number of components, with clocks, networks and interfaces of their own, run in one process
// (the tests of the engine do that). What belongs to a process and not to a component, the limit of open files and the
// hardening of its memory, is left to the programs.
package component
