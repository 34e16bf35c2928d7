// Package headroom says how much encrypted traffic a component's processor can carry.
//
// It is pure: it opens no file, starts no measurement and keeps no state. What it knows of the machine is what the
// processor itself tells ([Processor]).
package headroom
