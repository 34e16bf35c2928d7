// Package screen drives a window without a display: what it shows, what is pressed, and whether it looks as its picture. It imports
// none of our packages, so that tests of every room can use it. Only tests import it.
package screen
