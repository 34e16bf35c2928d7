// Package tryout brings up what the console shows at "Try it on this computer": a small estate of a broker, components that stand for
// machines of several roles, servers that keep backups, and tools that send or restore them for as long as it is open. All of it is real, in
// one process, on loopback, in a folder of its own, and paced so that the machine hardly notices; the components' addresses are given by
// hand and shown so. A service provider and its tenant can be brought up besides, for pictures of what they see.
package tryout
