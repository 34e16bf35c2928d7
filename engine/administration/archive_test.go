package administration

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lockwire/engine"
)

func TestACopyOfTheDatabaseIsMadeOnADisk(t *testing.T) {
	t.Setenv("TMPDIR", "")
	want := "/var/tmp"
	if _, err := os.Stat(want); err != nil {
		want = os.TempDir()
	}
	if got := ScratchFolder(); got != want {
		t.Errorf("it is made in %s, not in %s", got, want)
	}
	named := t.TempDir()
	t.Setenv("TMPDIR", named)
	if got := ScratchFolder(); got != os.TempDir() {
		t.Errorf("it is made in %s, not where TMPDIR says", got)
	}
}

// slowStore takes its time for a copy.
type slowStore struct {
	engine.Store
	copied func()
}

func (s slowStore) Backup(ctx context.Context, file string) error {
	err := s.Store.Backup(ctx, file)
	s.copied()
	return err
}

func TestABackupIsOfTheMomentAtWhichItsCopyBegan(t *testing.T) {
	f := newFixture(t)
	now := moment
	f.Now = func() time.Time { return now }
	f.Store = slowStore{f.Store, func() { now = now.Add(time.Hour) }}
	var archive bytes.Buffer
	if err := f.Backup(t.Context(), []byte("correct horse battery"), &archive); err != nil {
		t.Fatal(err)
	}
	read, err := ReadArchive(&archive, filepath.Join(t.TempDir(), "database"))
	if err != nil || !read.Manifest.Made.Equal(moment) { // who renews a certificate while it is copied is not in it
		t.Errorf("it says that it was made at %s, %v", read.Manifest.Made, err)
	}
}

// leaver takes some bytes of a backup and hangs up.
type leaver struct {
	leave func()
	bytes int
}

func (l *leaver) Write(p []byte) (int, error) {
	l.bytes += len(p)
	l.leave()
	return len(p), nil
}

func TestWhoHangsUpInTheMiddleOfABackupHasMadeOne(t *testing.T) {
	f := newFixture(t)
	ctx, leave := context.WithCancel(t.Context())
	to := &leaver{leave: leave}
	f.As("administrator Ann", engine.MayChange).Backup(ctx, []byte("correct horse battery"), to)
	entries, err := f.Audit(t.Context(), engine.AuditQuery{Thing: "installation"})
	if err != nil || to.bytes == 0 || len(entries) != 1 || entries[0].What != "installation.backup" || entries[0].Who != "administrator Ann" {
		t.Errorf("%d bytes of the record were given away, and the audit says %+v, %v", to.bytes, entries, err)
	}
}
