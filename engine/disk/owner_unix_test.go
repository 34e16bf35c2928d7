//go:build unix

package disk

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// nobody is the user of the service in these tests.
const nobody = 65534

func ownerOf(t *testing.T, path string) uint32 {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Uid
}

// servicesFolder makes a data folder that belongs to nobody, with a folder and a key in it that root has written.
func servicesFolder(t *testing.T) (folder, inner, key string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	folder = t.TempDir()
	inner = filepath.Join(folder, "attachments", "one")
	key = filepath.Join(inner, "key")
	if err := errors.Join(os.MkdirAll(inner, 0o700), os.WriteFile(key, nil, 0o600), os.Chown(folder, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	return folder, inner, key
}

func TestWhatRootWritesIsTheFoldersOwners(t *testing.T) {
	folder, inner, key := servicesFolder(t)
	kept := filepath.Join(folder, "kept")
	if err := WriteFile(kept, nil); err != nil || ownerOf(t, kept) != nobody {
		t.Errorf("a file: uid %d, %v", ownerOf(t, kept), err)
	}
	if err := Write(kept, Options{}, writeBytes(nil)); err != nil || ownerOf(t, kept) != 0 {
		t.Errorf("a file that is root's own: uid %d, %v", ownerOf(t, kept), err)
	}
	if err := GiveTreeToFolderOwner(folder, "attachments"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Dir(inner), inner, key} {
		if uid := ownerOf(t, path); uid != nobody {
			t.Errorf("%s belongs to uid %d", path, uid)
		}
	}
	if uid := ownerOf(t, kept); uid != 0 {
		t.Errorf("what lies beside was given to uid %d", uid)
	}
	if err := GiveTree(folder, 1, 1); err != nil || ownerOf(t, folder) != 1 || ownerOf(t, key) != 1 || ownerOf(t, kept) != 1 {
		t.Errorf("not all of the folder was given: %v", err)
	}
}

// The service may run while root works in its folder, and can change it. It must not lead root to files that lie elsewhere.
func TestNothingOutsideOfTheFolderIsGivenAway(t *testing.T) {
	for name, give := range map[string]func(folder string) error{
		"a part": func(folder string) error { return GiveTreeToFolderOwner(folder, "attachments") },
		"all":    func(folder string) error { return GiveTree(folder, nobody, nobody) },
	} {
		t.Run(name, func(t *testing.T) {
			folder, inner, _ := servicesFolder(t)
			outside, aside := t.TempDir(), filepath.Join(folder, "aside")
			roots := filepath.Join(outside, "key")
			if err := os.WriteFile(roots, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			var swapping sync.WaitGroup
			swapping.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					_ = os.Rename(inner, aside)
					_ = os.Symlink(outside, inner)
					_ = os.Remove(inner)
					_ = os.Rename(aside, inner)
				}
			})
			for range 5000 {
				_ = give(folder) // it may fail: what it looks for comes and goes
			}
			close(done)
			swapping.Wait()
			if uid := ownerOf(t, roots); uid != 0 {
				t.Errorf("a file outside of the folder belongs to uid %d", uid)
			}
		})
	}
}
