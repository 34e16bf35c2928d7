//go:build !unix

package component

import "os"

// sameOwner does nothing: on Windows a file inherits the access list of its folder.
func sameOwner(*os.File, string) error { return nil }

// giveToOwner does nothing, for the same reason.
func giveToOwner(string) error { return nil }
