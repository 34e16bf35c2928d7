package store

import "os"

// openToOthers is always false: on Windows the folder's ACL says who may look into it, and the installer sets it.
func openToOthers(os.FileInfo) bool { return false }
