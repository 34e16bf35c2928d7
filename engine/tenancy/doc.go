// Package tenancy judges a service provider's tenants: what administrators may set of one, how far it is at a moment, and why it may not
// begin a session. It is pure: it keeps nothing and asks nobody.
package tenancy
