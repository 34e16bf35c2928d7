package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"lockwire/engine/component"
)

func TestStatusEndsWithACodeWhereABrokerIsAway(t *testing.T) {
	attached := component.AttachmentStatus{Name: "files", Attached: true}
	away, providerAway := attached, attached
	away.Attached, away.Problem = false, "nothing listens there"
	providerAway.Providers = []component.ProviderStatus{{Installation: "0190a1b2-0000-7000-8000-000000000001", Problem: "the gateway does not answer"}}
	for name, test := range map[string]struct {
		attachment component.AttachmentStatus
		code       int
		says       string
	}{
		"all are there":          {attached, 0, "<nil>"},
		"its own broker is away": {away, 5, "files is not attached to the broker: nothing listens there"},
		"a provider's is":        {providerAway, 5, "files is not attached to the broker of the service provider 0190a1b2-0000-7000-8000-000000000001: the gateway does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			text, err := json.Marshal(component.Status{When: time.Now(), Attachments: []component.AttachmentStatus{test.attachment}})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(component.StatusFile(data), text, 0o600); err != nil {
				t.Fatal(err)
			}
			_, code, err := run(t, "", "status", "--data", data)
			said := fmt.Sprint(err)
			if code != test.code || !strings.Contains(said, test.says) {
				t.Errorf("code %d, %q", code, said)
			}
		})
	}
}
