// Package routetest carries out what the broker asks for to test a route: it moves bytes through a session of the test's own
// (Transfers, at both ends), and says whether anything answers behind a service (Probes).
package routetest
