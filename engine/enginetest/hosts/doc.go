// Package hosts holds the proof on separate network hosts; all of it is tests.
//
// Each test makes hosts of its own out of Linux network namespaces, with a router between them, and runs the real programs
// and the real backup tools on them:
//
//	broker ──┐
//	source ──┼── router (tcpdump looks at every packet that it forwards)
//	target ──┤
//	standby ─┘   (where a restored broker comes up)
//
// The source has a second interface with a public address, which nothing uses, where a test wants one.
//
// The tests need root, network namespaces and the tools of Debian's packages iproute2, tcpdump, rsync, restic, rclone and
// postgresql. Where one of them is missing they skip and say so; `make test-hosts` runs only them.
package hosts
