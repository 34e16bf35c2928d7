// Package headroom is the page that says how much more encrypted traffic each component can carry, and what one more transfer
// would take.
package headroom
