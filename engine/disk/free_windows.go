package disk

import "golang.org/x/sys/windows"

// Free gives how many bytes this user may still write to the disk of a folder.
func Free(folder string) (free uint64, err error) {
	path, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, err
	}
	return free, windows.GetDiskFreeSpaceEx(path, &free, nil, nil)
}
