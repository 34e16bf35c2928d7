//go:build unix

package component

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

// servicesFolder makes a data folder that belongs to nobody, with an attachment that root has written.
func servicesFolder(t *testing.T) (folder, attachment string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	folder = t.TempDir()
	attachment = filepath.Join(AttachmentsFolder(folder), "one")
	if err := errors.Join(os.MkdirAll(attachment, 0o700), os.WriteFile(filepath.Join(attachment, "identity.pem"), nil, 0o600), os.Chown(folder, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	return folder, attachment
}

func TestWhatRootWritesStaysTheServices(t *testing.T) {
	folder, attachment := servicesFolder(t)
	if err := giveToOwner(folder); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{AttachmentsFolder(folder), attachment, filepath.Join(attachment, "identity.pem")} {
		if uid := ownerOf(t, path); uid != nobody {
			t.Errorf("%s belongs to uid %d", path, uid)
		}
	}
}

// The service can change its folder while root works in it. It must not lead root to files that lie elsewhere.
func TestOnlyFilesInsideTheFolderAreGivenToTheService(t *testing.T) {
	folder, attachment := servicesFolder(t)
	outside, aside := t.TempDir(), filepath.Join(folder, "aside")
	roots := filepath.Join(outside, "identity.pem")
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
			_ = os.Rename(attachment, aside)
			_ = os.Symlink(outside, attachment)
			_ = os.Remove(attachment)
			_ = os.Rename(aside, attachment)
		}
	})
	for range 20000 {
		_ = giveToOwner(folder) // it may fail: what it looks for comes and goes
	}
	close(done)
	swapping.Wait()
	if uid := ownerOf(t, roots); uid != 0 {
		t.Errorf("a file outside of the folder belongs to uid %d", uid)
	}
}
