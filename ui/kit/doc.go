// Package kit holds what every window of the console is made of: the theme, dialogs, forms, notices, tables, the file dialog, the
// keys of a window, and asking something in the background. It knows nothing of rules or sessions.
package kit
