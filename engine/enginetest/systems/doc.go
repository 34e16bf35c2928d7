// Package systems holds the proof on real systems; all of it is tests.
//
// Each test boots two Debian systems of its own, with systemd as their first process, in containers of systemd-nspawn:
//
//	vault (broker, agent, the backups) ── private network ── fileserver (agent, what is backed up)
//
// They are layers over one base system, which debootstrap makes once and a folder keeps. There is no way out of the private network:
// what the tests need is in the base, and Lockwire comes from the packages that `make packages` built. Docs are followed as they are
// written, at a terminal.
//
// The tests need root, Debian's packages debootstrap, systemd-container, iproute2 and util-linux, and the built packages; the first run
// needs Debian's archive. `make test-systemd` gives them all of that and is the only way in which they run: they take minutes.
package systems
