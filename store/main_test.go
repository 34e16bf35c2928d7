package store

import (
	"bufio"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/record"
)

// The tests start their own binary again as a second process on a data folder.
const (
	helperVariable = "LOCKWIRE_STORE_TEST_HELPER"
	helperOpens    = "open" // opens the folder, says what came of it and waits for the end of its standard input
	helperEdits    = "edit" // edits until it is killed
)

func TestMain(m *testing.M) {
	role, folder, isHelper := strings.Cut(os.Getenv(helperVariable), ":")
	if !isHelper {
		os.Exit(m.Run())
	}
	s, err := Open(context.Background(), folder, quiet)
	if err == nil && role == helperEdits {
		err = editForEver(s)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("open")
	bufio.NewScanner(os.Stdin).Scan()
	if err := s.Close(); err != nil {
		os.Exit(1)
	}
}

// helper prepares a second process.
func helper(t *testing.T, role, folder string) *exec.Cmd {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), helperVariable+"="+role+":"+folder)
	command.Stderr = os.Stderr
	return command
}

// editedRules is among how many rules the edits go round, each large enough that a transaction has several pages.
const editedRules = 20

// editForEver counts its edits in the store and on standard output, there only when Write has returned.
func editForEver(s *Store) error {
	ctx := context.Background()
	done, err := editsDone(s)
	if err != nil {
		return err
	}
	set, err := s.RuleSet(ctx)
	if err != nil {
		return err
	}
	if err := record.BeginChain(ctx, s, editSigner, engine.NewID(), began); err != nil {
		return err
	}
	rules := map[string]engine.Rule{}
	for _, rule := range set.Rules {
		rules[rule.Name] = rule
	}
	for edit := done + 1; ; edit++ {
		name := fmt.Sprintf("rule %d", edit%editedRules)
		rule, known := rules[name]
		if !known {
			rule = ruleNamed(name)
		}
		rule.Revision, rule.Comment = int64(edit), strings.Repeat(fmt.Sprintf("%09d ", edit), 100)
		rules[name] = rule
		after, err := json.Marshal(rule)
		if err != nil {
			return err
		}
		if err := s.Write(ctx, func(tx engine.Transaction) error {
			chain, err := record.ContinueChain(ctx, tx, editSigner)
			if err != nil {
				return err
			}
			receipt := receiptAt(began, engine.NewID(), engine.NewID(), engine.NewID(), engine.Sealed)
			return errors.Join(
				tx.InsertReceipt(receipt),
				chain.Append(engine.EntryReceipt, receipt.ID, receipt),
				tx.PutRule(rule),
				tx.AppendAudit(engine.AuditEntry{When: began, Who: "broker", What: "rule.edit", Thing: name, After: after}),
				tx.PutValue("edits", []byte(strconv.Itoa(edit))),
			)
		}); err != nil {
			return err
		}
		fmt.Println(edit)
	}
}

// editSigner signs for all processes of the test alike: it is no secret.
var editSigner = func() testSigner {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), append(make([]byte, 31), 7))
	if err != nil {
		panic(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	return testSigner{key, public}
}()

type testSigner struct {
	key    *ecdsa.PrivateKey
	public []byte
}

func (s testSigner) Sign(message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	return s.key.Sign(nil, digest[:], crypto.SHA256)
}

func (s testSigner) Public() []byte { return s.public }

// editsDone is how many edits the store holds.
func editsDone(s *Store) (int, error) {
	value, err := s.Value(context.Background(), "edits")
	if errors.Is(err, engine.ErrNotFound) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(value))
}
