package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestASearchIsBounded(t *testing.T) {
	for _, test := range []struct {
		name, text string
		refused    bool
	}{
		{"nothing", "", false},
		{"as long as may be", strings.Repeat("ä", MaximumSearchLength), false},
		{"longer", strings.Repeat("ä", MaximumSearchLength+1), true},
		{"as many words as may be", strings.Repeat("a ", MaximumSearchWords), false},
		{"more", strings.Repeat("a ", MaximumSearchWords+1), true},
	} {
		for _, err := range []error{(&ReceiptQuery{Text: test.text}).Check(), (&AuditQuery{Text: test.text}).Check()} {
			var field *FieldError
			if refused := errors.As(err, &field) && field.Field == "text"; refused != test.refused {
				t.Errorf("%s: %v", test.name, err)
			}
		}
	}
}

func TestAReceiptIsSearchedInWhatPeopleSeeOfIt(t *testing.T) {
	receipt := Receipt{
		ID: "018bcfe5-6800-7000-8000-000000000000", SourceName: "web-1", TargetName: "vault", RouteName: "nightly", ServiceName: "rest", Backend: "127.0.0.1:8000",
		Endpoint: "10.0.1.1:6171", Group: "X25519MLKEM768", Cipher: AES256GCM, State: SessionEnded, Reason: "no connection for 15 s", Test: true,
		Decision: SessionDecision{Decision: Decision{Mode: Sealed, By: ByRule, Rules: []string{"Uplink", "Vault"}}},
	}
	lines := strings.Split(receipt.SearchText(), "\n")
	for _, want := range []string{"sealed", "test", "web-1", "vault", "nightly", "rest", "127.0.0.1:8000", "10.0.1.1:6171", "X25519MLKEM768", AES256GCM.String(),
		"no connection for 15 s", "rule Uplink, Vault", string(receipt.ID)} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is not among %q", want, lines)
		}
	}
	receipt.State = SessionRefused
	if lines := strings.Split(receipt.SearchText(), "\n"); !slices.Contains(lines, "refused") || slices.Contains(lines, "sealed") {
		t.Errorf("refused: %q", lines)
	}
}

func TestADecisionSaysItsReasonInAFewWords(t *testing.T) {
	for by, want := range map[By]string{
		ByRule: "rule A, B", ByAutomatic: "automatic (public address)", ByExempt: "trusted link A, B", BySameMachine: "same machine", ByProviderGateway: "provider gateway", ByNone: "no rule",
	} {
		if got := (&Decision{By: by, Rules: []string{"A", "B"}}).Because(); got != want {
			t.Errorf("%s: %q, wanted %q", by, got, want)
		}
	}
}

func TestAnEntrySaysWhatWasDoneInWords(t *testing.T) {
	for what, want := range map[string]string{"rule.edit": "rule edited", "installation.found": "installation set up", "rule.unheard": "rule.unheard", "odd": "odd"} {
		if got := (&AuditEntry{What: what}).InWords(); got != want {
			t.Errorf("%s: %q, wanted %q", what, got, want)
		}
	}
}
