package wire_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/identity"
	"lockwire/engine/session"
	"lockwire/engine/tenancy"
	"lockwire/engine/wire"
)

// TestSpecificationHasTheNumbersOfTheCode looks for the sentences of SPEC.md in which numbers of the code stand.
func TestSpecificationHasTheNumbersOfTheCode(t *testing.T) {
	page, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(page)), " ")
	seconds := func(d time.Duration) string { return fmt.Sprintf("%d s", d/time.Second) }
	for _, sentence := range []string{
		fmt.Sprintf("port %d unless another", wire.BrokerPort),
		"A TLS handshake must be done within " + seconds(wire.HandshakeWithin),
		fmt.Sprintf("at most %d handshakes, %d of them from one address", front.MaximumHandshakes, front.MaximumHandshakesPerAddress),
		fmt.Sprintf("there are at most %d, %d from one address", front.MaximumUnproven, front.MaximumUnprovenPerAddress),
		fmt.Sprintf("messages of at most %d KiB", front.MaximumJoinMessage>>10),
		fmt.Sprintf("A control message has at most %d KiB", wire.MaximumMessage>>10),
		"silent for " + seconds(wire.KeepAlive),
		"silent for " + seconds(wire.Silence) + " is offline",
		"answer within " + seconds(wire.Silence-wire.KeepAlive) + " more",
		"more often than every " + seconds(wire.KeepAlive/4),
		fmt.Sprintf("also up to %d days after", engine.RenewalGrace/(24*time.Hour)),
		fmt.Sprintf("from one address %d refused joins at once", front.JoinBurst),
		fmt.Sprintf("every %d s while it carries none", wire.QuietStatsInterval/time.Second),
		fmt.Sprintf("HTTP/2's windows of %d KiB", wire.Window>>10),
		fmt.Sprintf("of one certificate %d renewals in a row", front.RenewBurst),
		fmt.Sprintf("There are one to %d addresses", identity.MaxBrokerAddresses),
		fmt.Sprintf("once, within %d minutes", identity.TokenLifetime/time.Minute),
		fmt.Sprintf("a certificate of %d days", identity.CertificateLifetime/(24*time.Hour)),
		fmt.Sprintf("tried again after %d minutes", identity.RenewalRetry/time.Minute),
		fmt.Sprintf("at most %d interfaces", engine.MaximumAddresses),
		fmt.Sprintf("%d,%d bytes. An id is the first %d bytes", session.PublicKeySize/1000, session.PublicKeySize%1000, session.OneTimeIDSize),
		fmt.Sprintf("keeps at most %d of a component", wire.MaximumOneTimeKeys),
		"must be answered within " + seconds(session.AcknowledgeWithin),
		"uses within " + seconds(session.UseWithin),
		"at the target " + seconds(session.TargetExtraLinger) + " later",
		"counts, " + seconds(session.ReportWithin) + " later, as forgotten",
		fmt.Sprintf("at most %d h", engine.AgeCap/time.Hour),
		fmt.Sprintf("is kept for %d days", session.LostAfter/(24*time.Hour)),
		fmt.Sprintf("carries at most %d,%03d sessions", wire.MaximumLiveSessions/1000, wire.MaximumLiveSessions%1000),
		fmt.Sprintf("it drains, carries %d,%03d sessions", wire.MaximumLiveSessions/1000, wire.MaximumLiveSessions%1000),
		fmt.Sprintf("more than %d streams", engine.MaximumStreams),
		fmt.Sprintf("within %d days; unknown, used, replaced", identity.LinkLifetime/(24*time.Hour)),
		fmt.Sprintf("Challenge** gives %d bytes", identity.ProviderChallengeSize),
		fmt.Sprintf("at most %d,%03d components", tenancy.MaximumComponents/1000, tenancy.MaximumComponents%1000),
		fmt.Sprintf("and %d,%03d in all its time", tenancy.MaximumComponentsEver/1000, tenancy.MaximumComponentsEver%1000),
	} {
		if !strings.Contains(text, sentence) {
			t.Errorf("SPEC.md does not say %q", sentence)
		}
	}
	if session.EndWithin != 2*time.Minute || session.ConfirmWithin != 2*time.Minute {
		t.Error("SPEC.md speaks of two minutes")
	}
}
