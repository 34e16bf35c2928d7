package store

import (
	"bufio"
	"errors"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/record"
)

// A process in the middle of edits is killed again and again. Each time the database is sound, no edit that was acknowledged
// is lost, at most the one under way is there without having been acknowledged, and each has its audit entry.
func TestKilledInTheMiddleOfEdits(t *testing.T) {
	const kills = 50
	folder := newFolder(t)
	// It must be there, however early the first kill comes; TestKilledInTheFirstStart is about the time before.
	if err := openIn(t, folder).Close(); err != nil {
		t.Fatal(err)
	}
	done, inside := 0, 0
	for range kills {
		acknowledged := runAndKill(t, folder, rand.IntN(25), time.Duration(rand.IntN(3000))*time.Microsecond)
		file := databaseFile(filepath.Join(folder, databaseName))
		if _, err := inspect(t.Context(), file, true); err != nil {
			t.Fatal(err)
		}
		s := openIn(t, folder)
		kept := must[int](t)(editsDone(s))
		if least := max(acknowledged, done); kept != least && kept != least+1 {
			t.Fatalf("%d edits were acknowledged, %d are there", least, kept)
		} else if kept > least {
			inside++
		}
		checkEdits(t, s, kept)
		checkChain(t, s, kept)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		done = kept
	}
	if done < kills {
		t.Errorf("only %d edits in %d runs: nothing was tested", done, kills)
	}
	t.Logf("%d edits; %d times killed between the commit and its acknowledgement", done, inside)
}

// A start that is killed while it makes the database leaves nothing that the next start could take for a record.
func TestKilledInTheFirstStart(t *testing.T) {
	for range 10 {
		folder := newFolder(t)
		acknowledged := runAndKill(t, folder, 0, time.Duration(rand.IntN(60))*time.Millisecond)
		s := openIn(t, folder)
		kept := must[int](t)(editsDone(s))
		if kept != acknowledged && kept != acknowledged+1 {
			t.Fatalf("%d edits were acknowledged, %d are there", acknowledged, kept)
		}
		checkEdits(t, s, kept)
		if set := must[engine.RuleSet](t)(s.RuleSet(t.Context())); set.Check() != nil {
			t.Errorf("the rule set is not whole: %v", set.Check())
		}
	}
}

// runAndKill starts edits, waits for some acknowledgements and a random moment more, kills with SIGKILL and gives the last edit that was acknowledged.
func runAndKill(t *testing.T, folder string, wait int, more time.Duration) (acknowledged int) {
	t.Helper()
	command := helper(t, helperEdits, folder)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() {
		if err := command.Process.Kill(); err != nil {
			t.Error(err)
		}
	}
	lines := bufio.NewScanner(output)
	var timer *time.Timer
	if wait == 0 {
		timer = time.AfterFunc(more, kill)
	}
	for read := 1; lines.Scan(); read++ {
		if acknowledged, err = strconv.Atoi(lines.Text()); err != nil {
			t.Errorf("the process said %q", lines.Text())
		}
		if read == wait {
			timer = time.AfterFunc(more, kill)
		}
	}
	var killed *exec.ExitError
	if err := command.Wait(); !errors.As(err, &killed) || killed.Exited() {
		t.Fatalf("the process was not killed: %v", err)
	}
	timer.Stop()
	return acknowledged
}

// checkChain checks that each edit has its receipt, and each receipt its link in the chain.
func checkChain(t *testing.T, s *Store, edits int) {
	t.Helper()
	verdict, err := record.VerifyStore(t.Context(), s, editSigner.Public(), time.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	if edits > 0 && !verdict.Holds() || verdict.Receipts != uint64(edits) {
		t.Fatalf("after %d edits: %+v", edits, verdict)
	}
}

// checkEdits checks that the first n edits are there, each with its audit entry and nothing besides.
func checkEdits(t *testing.T, s *Store, n int) {
	t.Helper()
	for _, rule := range must[engine.RuleSet](t)(s.RuleSet(t.Context())).Rules {
		number, isEdited := cutNumber(rule.Name)
		if !isEdited {
			continue
		}
		want := n - (n-number+editedRules)%editedRules
		if int(rule.Revision) != want {
			t.Fatalf("after %d edits %s has revision %d, want %d", n, rule.Name, rule.Revision, want)
		}
	}
	entries := must[[]int](t)(list(t.Context(), records{s.readers, s.file}, "count", countColumn, `SELECT COUNT(*) FROM audit UNION ALL SELECT COALESCE(MAX(sequence), 0) FROM audit`))
	if entries[0] != n || entries[1] != n {
		t.Fatalf("after %d edits there are %d audit entries up to number %d", n, entries[0], entries[1])
	}
}
