// Package routes is the page of the routes: the table, the wizard, and the test of a route.
package routes
