// Package engine is Lockwire's vocabulary: traffic rules, components, services, routes, sessions, decisions and receipts,
// the checks that their fields must pass, and the interfaces Administration and Store that tie the parts together.
//
// It imports nothing but the standard library and opens no socket, file or database. What the words mean to a user is
// written in docs/rules.md; the packages below this one each do one thing with them.
package engine
