package record

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
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
		for _, err := range []error{CheckReceiptQuery(&engine.ReceiptQuery{Text: test.text}), CheckAuditQuery(&engine.AuditQuery{Text: test.text})} {
			var field *engine.FieldError
			if refused := errors.As(err, &field) && field.Field == "text"; refused != test.refused {
				t.Errorf("%s: %v", test.name, err)
			}
		}
	}
}

func TestAReceiptIsSearchedInWhatPeopleSeeOfIt(t *testing.T) {
	receipt := engine.Receipt{
		ID: "018bcfe5-6800-7000-8000-000000000000", SourceName: "web-1", TargetName: "vault", RouteName: "nightly", ServiceName: "rest", Backend: "127.0.0.1:8000",
		Endpoint: "10.0.1.1:6171", Group: "X25519MLKEM768", Cipher: engine.AES256GCM, State: engine.SessionEnded, Reason: "no connection for 15 s", Test: true,
		Decision: engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed, By: engine.ByRule, Rules: []string{"Uplink", "Vault"}}},
	}
	lines := strings.Split(ReceiptText(&receipt), "\n")
	for _, want := range []string{"sealed", "test", "web-1", "vault", "nightly", "rest", "127.0.0.1:8000", "10.0.1.1:6171", "X25519MLKEM768", engine.AES256GCM.String(),
		"no connection for 15 s", "rule Uplink, Vault", string(receipt.ID)} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is not among %q", want, lines)
		}
	}
	receipt.State = engine.SessionRefused
	if lines := strings.Split(ReceiptText(&receipt), "\n"); !slices.Contains(lines, "refused") || slices.Contains(lines, "sealed") {
		t.Errorf("refused: %q", lines)
	}
}

func TestAnEntrySaysWhatWasDoneInWords(t *testing.T) {
	for what, want := range map[string]string{"rule.edit": "rule edited", "component.drain": "component drained", "component.drain-undo": "component taking sessions again", "installation.found": "installation set up", "rule.unheard": "rule.unheard", "odd": "odd"} {
		if got := InWords(&engine.AuditEntry{What: what}); got != want {
			t.Errorf("%s: %q, wanted %q", what, got, want)
		}
	}
}
