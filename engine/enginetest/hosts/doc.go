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
// The source has a second interface with a public address, which nothing uses, where a test wants one. Where it is about a service provider, the
// router is a firewall too: broker and source are the tenant's, target and standby the provider's, and only one port of standby is open.
//
// The tests need root, network namespaces and the tools of Debian's packages iproute2, tcpdump, rsync, restic, rclone and
// postgresql, and nftables for the provider. Where one of them is missing they skip and say so; `make test-hosts` runs only them.
package hosts
