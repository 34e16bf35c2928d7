// Package wire is the control protocol: the messages of control.proto and administration.proto, their generated code, and
// their conversions to and from engine's types. SPEC.md says how both ends behave. What comes from a peer is checked and bounded here, once, before anybody uses it.
package wire

//go:generate sh generate.sh
