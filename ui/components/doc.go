// Package components is the page of the machines that run the agent: the table, their details, and adding another.
package components
