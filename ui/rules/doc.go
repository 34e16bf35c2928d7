// Package rules is the page of the traffic rules: the table, the editor, undo, import and export.
package rules
