//go:build unix

package store

import "os"

// openToOthers tells whether users other than the owner can look into a folder or write there.
func openToOthers(folder os.FileInfo) bool { return folder.Mode().Perm()&0o077 != 0 }
