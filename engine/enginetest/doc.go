// Package enginetest brings a whole installation up in one process: a broker with a real store, real components, real TLS and
// real sockets on loopback. Only tests import it.
package enginetest
