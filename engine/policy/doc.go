// Package policy turns traffic rules into decisions: sealed or plain, with which limit, and why, in words.
//
// Everything here is a pure function of what is handed in: no clock is read, no name is looked up and nothing is
// remembered between two calls. The same rules, pair, moment and names give the same decision, whatever the order of
// rules or interfaces.
//
// [Compile] makes a rule set quick to ask; [Rules.Decide] and [Rules.DecideSession] answer for one pair, [Rules.Explain]
// says besides of every rule that did not decide why, [Effect] compares two states of an installation, and [Coverage] decides for all
// pairs of components. What the rules mean to a user is written in docs/rules.md.
//
// Where a rule leaves room, the reading is the one that seals:
//   - A rule that encrypts and throttles is one rule with one match: a host that has never resolved makes it match, with
//     its limit too. Only a rule that does not encrypt waits until the host has resolved.
//   - The two sides of a match are looked at apart. An IPv4 address lies in IPv4 ranges only, and an IPv6 address in IPv6
//     ranges, but one component may match by the one family and the other component by the other.
//   - An exemption holds when its source and target together contain every public interface of the pair.
package policy
