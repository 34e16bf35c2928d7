// Package names keeps what host: names in rules stand for. A Keeper asks DNS for them every 60 seconds and gives the answers to
// whoever decides; package policy reads them and asks nobody.
//
// An answer stands until another comes: DNS that fails, or that has no address, changes nothing. Every address of the last 24 hours is
// kept beside the present ones, in the record too, so that a forged or lost answer, or a restart, makes nothing plain.
package names
