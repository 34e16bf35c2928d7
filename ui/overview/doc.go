// Package overview is the page that says at a glance how the installation fares, and what needs attention.
package overview
