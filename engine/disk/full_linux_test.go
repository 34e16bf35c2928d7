package disk

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAFullDiskLeavesTheOldFile(t *testing.T) {
	folder := t.TempDir()
	if err := unix.Mount("tmpfs", folder, "tmpfs", 0, "size=64k,mode=700"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(folder, "file")
	if err := WriteFile(path, []byte(oldText)); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, bytes.Repeat([]byte("x"), 128<<10)); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("a file larger than the disk: %v", err)
	}
	if content(t, path) != oldText {
		t.Errorf("the file says %q", content(t, path))
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
	if err := WriteFile(path, []byte(newText)); err != nil || content(t, path) != newText {
		t.Errorf("once there is room again: %v", err)
	}
}
