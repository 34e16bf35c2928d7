// Package firststart is what the window shows before there is a console: the choice of a broker, and waiting for it.
package firststart
