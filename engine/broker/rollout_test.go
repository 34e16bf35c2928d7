package broker

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/identity"
)

// branches is a token for so many machines.
func (i *installation) branches(uses int) identity.Token {
	return i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: "branch-*", Role: engine.Agent, Tags: []string{"branch"}, Uses: uses})
}

// keys makes keys outside of a test's bubble.
func keys(count int) []*ecdsa.PrivateKey {
	all := make([]*ecdsa.PrivateKey, count)
	for n := range all {
		all[n] = must(identity.NewKey())
	}
	return all
}

func TestATokenForSeveralLetsInExactlySoManyOfThoseThatComeAtOnce(t *testing.T) {
	const uses, come = 10, 24
	inBubble(t, func(t *testing.T, i *installation) {
		token := i.branches(uses)
		results := make([]error, come)
		var all sync.WaitGroup
		for n, key := range keys(come) {
			all.Go(func() { _, results[n] = i.stranger().joinAs(token, fmt.Sprintf("branch-%d", n), key) })
		}
		all.Wait()
		in, refused := 0, 0
		for _, err := range results {
			switch {
			case err == nil:
				in++
			case words(err) == identity.ErrTokenUsed.Error():
				refused++
			default:
				t.Error(err)
			}
		}
		if in != uses || refused != come-uses || len(i.broker.Components()) != uses {
			t.Errorf("%d are in, %d were refused, and there are %d components", in, refused, len(i.broker.Components()))
		}
		record := must(i.store.JoinToken(t.Context(), token.Hash()))
		if record.Taken != uses || record.Used.IsZero() {
			t.Errorf("the record says that it was used %d times, up at %v", record.Taken, record.Used)
		}
		seen := map[string]bool{}
		for _, entry := range must(i.store.Audit(t.Context(), engine.AuditQuery{})) {
			if entry.What == "component.join" {
				_, use, _ := strings.Cut(string(entry.After), `"token":`)
				seen[use] = strings.Contains(use, string(record.ID)) && strings.Contains(use, `"branch-*"`) && strings.Contains(use, `"of":10`)
			}
		}
		if len(seen) != uses {
			t.Errorf("the audit tells %d uses apart: %v", len(seen), seen)
		}
		for use, whole := range seen {
			if !whole {
				t.Errorf("a use is recorded as %s", use)
			}
		}
	})
}

// Two machines that come at once under one name: one of them has it, the other takes no use.
func TestOneNameIsOneMachinesHoweverManyComeAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		token := i.branches(5)
		results := make([]error, 6)
		var all sync.WaitGroup
		for n, key := range keys(len(results)) {
			name := "branch-1"
			if n%2 == 1 {
				name = "BRANCH-1"
			}
			all.Go(func() { _, results[n] = i.stranger().joinAs(token, name, key) })
		}
		all.Wait()
		in := 0
		for _, err := range results {
			if err == nil {
				in++
			} else if status.Code(err) != codes.AlreadyExists || !strings.Contains(words(err), "another machine has that name") {
				t.Error(err)
			}
		}
		if record := must(i.store.JoinToken(t.Context(), token.Hash())); in != 1 || record.Taken != 1 {
			t.Errorf("%d are in, and the token was used %d times", in, record.Taken)
		}
	})
}

func TestAMachineThatLostTheAnswerIsAnsweredAgainAndTakesNoFurtherUse(t *testing.T) {
	for name, kept := range map[string]engine.JoinToken{
		"for several":         {Kind: engine.JoinComponent, Name: "branch-*", Role: engine.Agent, Uses: 2},
		"for several, at end": {Kind: engine.JoinComponent, Name: "branch-*", Role: engine.Agent, Uses: 1},
		"for one":             {Kind: engine.JoinComponent, Name: "branch-1", Role: engine.Agent},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				token := i.token(kept)
				all := keys(2)
				first := must(i.stranger().joinAs(token, "branch-1", all[0]))
				i.stop()
				i.start()
				again, err := i.stranger().joinAs(token, "branch-1", all[0])
				if err != nil || string(again.GetId()) != string(first.GetId()) || again.GetName() != "branch-1" {
					t.Fatalf("answered with %v, %v", again, err)
				}
				if record := must(i.store.JoinToken(t.Context(), token.Hash())); record.Taken != 1 || len(i.broker.Components()) != 1 {
					t.Errorf("it took %d uses, and there are %d components", record.Taken, len(i.broker.Components()))
				}
				if _, err := i.stranger().joinAs(token, "branch-1", all[1]); err == nil {
					t.Error("another key is answered because of the name")
				}
				if kept.Uses > 1 {
					if _, err := i.stranger().joinAs(token, "branch-2", all[0]); words(err) != front.ErrKeyNamed.Error() {
						t.Errorf("one key has two names: %v", err)
					}
				}
				i.write(func(tx engine.Transaction) error {
					record := must(tx.JoinToken(t.Context(), token.Hash()))
					record.Revoked = time.Now()
					return tx.PutJoinToken(record)
				})
				if _, err := i.stranger().joinAs(token, "branch-1", all[0]); words(err) != identity.ErrTokenRevoked.Error() {
					t.Errorf("a revoked token answers: %v", err)
				}
			})
		})
	}
}

func TestAMachineIsNotAnsweredAgainWithoutAnEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		token, key := i.branches(1), keys(1)[0]
		must(i.stranger().joinAs(token, "branch-1", key))
		answered := 0
		var err error
		for err == nil && answered < 1000 {
			if _, err = i.stranger().joinAs(token, "branch-1", key); err == nil {
				answered++
			}
		}
		if answered != front.RenewBurst || status.Code(err) != codes.ResourceExhausted {
			t.Errorf("answered %d times, then %v", answered, err)
		}
	})
}

func TestATokenForSeveralIsBoundToItsPattern(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		i.component("branch-9", "10.0.0.2")
		token, key := i.branches(3), keys(1)[0]
		for name, want := range map[string]codes.Code{
			"repository": codes.PermissionDenied, "branch-": codes.PermissionDenied, "xbranch-1": codes.PermissionDenied, "branch-a b": codes.PermissionDenied,
			"branch-*": codes.PermissionDenied, "": codes.InvalidArgument, "branch-9": codes.AlreadyExists, "Branch-9": codes.AlreadyExists, strings.Repeat("branch-", 2000): codes.PermissionDenied,
		} {
			if _, err := i.stranger().joinAs(token, name, key); status.Code(err) != want || len(err.Error()) > 500 {
				t.Errorf("%.30q: %v", name, err)
			}
		}
		single := i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: "tape", Role: engine.Tape})
		if _, err := i.stranger().joinAs(single, "branch-2", key); status.Code(err) != codes.PermissionDenied {
			t.Errorf("a token for one machine under another name: %v", err)
		}
		for _, hash := range [][32]byte{token.Hash(), single.Hash()} {
			if record := must(i.store.JoinToken(t.Context(), hash)); record.Taken != 0 || !record.Used.IsZero() {
				t.Errorf("a refusal took a use of %s", record.Name)
			}
		}
	})
}

func TestATokenForSeveralEndsWithItsTimeAndWithItsRevocation(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		token, all := i.branches(10), keys(3)
		must(i.stranger().joinAs(token, "branch-1", all[0]))
		time.Sleep(engine.RolloutLifetime)
		for n, name := range []string{"branch-1", "branch-2"} { // neither who joined nor somebody new
			if _, err := i.stranger().joinAs(token, name, all[n]); words(err) != identity.ErrTokenExpired.Error() {
				t.Errorf("%s: %v", name, err)
			}
		}
		revoked := i.branches(10)
		i.write(func(tx engine.Transaction) error {
			record := must(tx.JoinToken(t.Context(), revoked.Hash()))
			record.Revoked = time.Now()
			return tx.PutJoinToken(record)
		})
		if _, err := i.stranger().joinAs(revoked, "branch-3", all[2]); words(err) != identity.ErrTokenRevoked.Error() {
			t.Errorf("revoked: %v", err)
		}
	})
}

// A machine's key counts while the component has it. A renewed one, and a revoked component's, do not answer for the old one.
func TestAnAnswerIsGivenAgainOnlyWhileTheKeyIsEnrolled(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		token, key := i.branches(5), keys(1)[0]
		reply := must(i.stranger().joinAs(token, "branch-1", key))
		if len(reply.GetCertificate()) == 0 {
			t.Fatal("no certificate")
		}
		i.write(func(tx engine.Transaction) error {
			c := must(tx.ComponentNamed(t.Context(), "branch-1"))
			c.Revoked = time.Now()
			return tx.PutComponent(c)
		})
		if _, err := i.stranger().joinAs(token, "branch-1", key); err == nil || errors.Is(err, engine.ErrNameTaken) {
			t.Errorf("the key of a revoked component joins again: %v", err)
		}
		if record := must(i.store.JoinToken(t.Context(), token.Hash())); record.Taken != 1 {
			t.Errorf("it took %d uses", record.Taken)
		}
	})
}
