//go:build !unix

package disk

// SyncFolder does nothing: NTFS keeps names in a journal of its own, and folders cannot be flushed.
func SyncFolder(string) error { return nil }
