package administration

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
)

func TestATokenForSeveralMachinesIsListedWithoutItsSecretAndRevoked(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayChange)
	request := engine.TokenRequest{Kind: engine.JoinComponent, Name: "branch-*", Role: engine.Agent, Tags: []string{"branch"}, Uses: 100}
	token, err := client.NewToken(t.Context(), request)
	if err != nil || !token.Expires.Equal(moment.Add(engine.RolloutLifetime)) {
		t.Fatalf("made %v, %v", token.Expires, err)
	}
	request.Valid = 2 * time.Hour
	if second, err := client.NewToken(t.Context(), request); err != nil || !second.Expires.Equal(moment.Add(2*time.Hour)) {
		t.Errorf("made %v, %v", second.Expires, err)
	}
	for range 2 { // revoking is done once, and said once
		if err := client.RevokeToken(t.Context(), token.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.RevokeToken(t.Context(), engine.NewID()); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	tokens, err := client.Tokens(t.Context())
	if err != nil || len(tokens) != 2 {
		t.Fatalf("%d tokens, %v", len(tokens), err)
	}
	open := 0
	for _, one := range tokens {
		if one.Open(moment) {
			open++
		} else if one.ID != token.ID || one.State(moment) != "revoked" || one.Uses != 100 || one.Taken != 0 {
			t.Errorf("it is %+v", one)
		}
	}
	if open != 1 {
		t.Errorf("%d are open", open)
	}
	parsed, err := identity.ParseToken(token.Secret)
	if err != nil {
		t.Fatal(err)
	}
	hash := parsed.Hash()
	if kept, err := f.Store.JoinToken(t.Context(), hash); err != nil || !errors.Is(identity.CheckToken(kept, hash, moment), identity.ErrTokenRevoked) {
		t.Errorf("kept %+v, %v", kept, err)
	}
	entries, err := f.Audit(t.Context(), engine.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]int{}
	for _, entry := range entries {
		said[entry.What+" "+entry.Thing]++
	}
	if said["token.make branch-*"] != 2 || said["token.revoke branch-*"] != 1 {
		t.Errorf("the audit says %v", said)
	}
	listed, err := json.Marshal([]any{tokens, entries})
	if err != nil || strings.Contains(string(listed), token.Secret) || strings.Contains(string(listed), engine.KeyID(hash).String()) {
		t.Errorf("what is shown tells the token, or its hash: %v", err)
	}
}

func TestTokensThatAreForOneOrForSeveralAreToldApart(t *testing.T) {
	f := newFixture(t)
	for name, test := range map[string]struct {
		request engine.TokenRequest
		field   string
	}{
		"a pattern for one":          {engine.TokenRequest{Kind: engine.JoinComponent, Name: "branch-*", Role: engine.Tape}, "uses"},
		"several of one name":        {engine.TokenRequest{Kind: engine.JoinComponent, Name: "branch-1", Role: engine.Tape, Uses: 2}, "name"},
		"one for a day":              {engine.TokenRequest{Kind: engine.JoinComponent, Name: "branch-1", Role: engine.Tape, Valid: time.Hour}, "valid"},
		"several for a month":        {engine.TokenRequest{Kind: engine.JoinComponent, Name: "branch-*", Role: engine.Tape, Uses: 2, Valid: 30 * 24 * time.Hour}, "valid"},
		"too many":                   {engine.TokenRequest{Kind: engine.JoinComponent, Name: "branch-*", Role: engine.Tape, Uses: 10_001}, "uses"},
		"less than one":              {engine.TokenRequest{Kind: engine.JoinComponent, Name: "branch-*", Role: engine.Tape, Uses: -1}, "uses"},
		"several administrators":     {engine.TokenRequest{Kind: engine.JoinAdministrator, Name: "a*", Administrator: engine.MayChange, Uses: 2}, "uses"},
		"several provider gateways":  {engine.TokenRequest{Kind: engine.JoinComponent, Name: "a*", Role: engine.ProviderGateway, Uses: 2}, "role"},
		"several of no role":         {engine.TokenRequest{Kind: engine.JoinComponent, Name: "a*", Uses: 2}, "role"},
		"several with a tag of none": {engine.TokenRequest{Kind: engine.JoinComponent, Name: "a*", Role: engine.Tape, Uses: 2, Tags: []string{"A B"}}, "tags"},
	} {
		var field *engine.FieldError
		if _, err := f.NewToken(t.Context(), test.request); !errors.As(err, &field) || field.Field != test.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}
