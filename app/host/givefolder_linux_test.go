package host

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

func ownerOf(t *testing.T, path string) uint32 {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Uid
}

// The service may run while it is installed anew, and can change its folder. It must not lead root to files that lie elsewhere.
func TestOnlyTheFolderAndWhatIsInItIsGivenToTheService(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	folder, outside := t.TempDir(), t.TempDir()
	inner, aside, roots := filepath.Join(folder, "attachments"), filepath.Join(folder, "aside"), filepath.Join(outside, "key")
	kept := filepath.Join(folder, "key")
	if err := errors.Join(os.Mkdir(inner, 0o700), os.WriteFile(filepath.Join(inner, "key"), nil, 0o600), os.WriteFile(kept, nil, 0o600), os.WriteFile(roots, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := giveFolder(folder, "nobody"); err != nil {
		t.Fatal(err)
	}
	nobody := ownerOf(t, folder)
	if nobody == 0 || ownerOf(t, kept) != nobody || ownerOf(t, inner) != nobody || ownerOf(t, filepath.Join(inner, "key")) != nobody {
		t.Error("not all of the folder was given")
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
		_ = giveFolder(folder, "nobody") // it may fail: what it looks for comes and goes
	}
	close(done)
	swapping.Wait()
	if uid := ownerOf(t, roots); uid != 0 {
		t.Errorf("a file outside of the folder belongs to uid %d", uid)
	}
}
