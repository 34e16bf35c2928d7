// Package admission judges connections that have proved nothing yet, before a handshake costs anything: it reads the ClientHello
// and the session that it names within narrow bounds ([ReadClientHello], [SessionOf]), and its [Gate] bounds how many connections
// wait, and how many handshakes run, in all, for one session and from one address.
package admission
