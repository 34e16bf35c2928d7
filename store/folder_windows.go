package store

import "os"

// openToOthers is always false: on Windows the folder's ACL says who may look into it, and the installer sets it.
func openToOthers(os.FileInfo) bool { return false }

// giveToOwnerOfFolder does nothing: a new file inherits the ACL of its folder.
func giveToOwnerOfFolder(*os.File) error { return nil }

// syncFolder does nothing: NTFS keeps names in a journal of its own, and folders cannot be flushed.
func syncFolder(string) error { return nil }
