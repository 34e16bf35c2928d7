//go:build !unix

package disk

import "os"

// GiveToFolderOwner does nothing: on Windows a file inherits the access list of its folder.
func GiveToFolderOwner(*os.File) error { return nil }

func giveToOwnerOf(*os.Root, *os.File) error { return nil }

// GiveTreeToFolderOwner does nothing, for the same reason.
func GiveTreeToFolderOwner(string, string) error { return nil }
