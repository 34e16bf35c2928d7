// Package overview is the page that shows the state of the installation at a glance, and what needs attention.
package overview
