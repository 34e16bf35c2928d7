package disk

import "golang.org/x/sys/unix"

// Free gives how many bytes this user may still write to the disk of a folder.
func Free(folder string) (uint64, error) {
	var about unix.Statfs_t
	if err := unix.Statfs(folder, &about); err != nil {
		return 0, err
	}
	return about.Bavail * uint64(about.Bsize), nil
}
