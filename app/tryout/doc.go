// Package tryout brings up what the console shows at "Try it on this computer": a broker, two components that stand for two
// machines, a backend that keeps the files it gets, and a tool that sends it files over and over. All of it is real, in one
// process, on loopback, in a folder of its own; the components' addresses are given by hand and shown so. A service provider and its
// tenant can be brought up besides, for pictures of what they see.
package tryout
