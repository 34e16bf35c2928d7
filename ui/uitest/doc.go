// Package uitest is the stage for tests of pages: a console on a real administration of a store in memory, in a window without a
// display. Only tests import it. Package screen below it has what needs nothing of ours: finding, pressing, comparing pictures.
package uitest
