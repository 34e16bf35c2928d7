//go:build unix

package store

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Root works on folders of others, with sudo or to take an installation over. Whoever has such a folder must not be able to
// lead root to another file, which would be emptied and given away.
func TestAnotherFileInTheLocksPlaceIsLeftAlone(t *testing.T) {
	const nobody = 65534
	for name, put := range map[string]func(other, lock string) error{
		"a symbolic link":         os.Symlink,
		"a second name of a file": os.Link,
	} {
		t.Run(name, func(t *testing.T) {
			folder, other := t.TempDir(), filepath.Join(t.TempDir(), "shadow")
			if err := os.WriteFile(other, []byte("root:"), fileMode); err != nil {
				t.Fatal(err)
			}
			if err := put(other, filepath.Join(folder, lockName)); err != nil {
				t.Fatal(err)
			}
			if os.Geteuid() == 0 {
				if err := os.Chown(folder, nobody, nobody); err != nil {
					t.Fatal(err)
				}
			}
			if records, err := Open(t.Context(), folder, quiet); err == nil {
				t.Error("it was taken for the lock")
				records.Close()
			}
			if text, err := os.ReadFile(other); err != nil || string(text) != "root:" {
				t.Errorf("the other file says %q, %v", text, err)
			}
			if about, err := os.Stat(other); err != nil || int(about.Sys().(*syscall.Stat_t).Uid) != os.Geteuid() {
				t.Errorf("the other file was given away: %+v, %v", about, err)
			}
		})
	}
}
