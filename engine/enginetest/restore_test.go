package enginetest

import (
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/broker"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
)

// renew gives a component a certificate for a fresh key that the broker's record does not know of, as if it had renewed after
// the backup.
func renew(t *testing.T, i *Installation, c *Component) {
	t.Helper()
	directories, err := identity.Directories(machine.AttachmentsFolder(c.Folder))
	if err != nil || len(directories) != 1 {
		t.Fatal(err)
	}
	key, err := identity.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	request, err := identity.NewRequest(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := i.Authority.Issue(identity.Component, c.ID, request, time.Now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := directories[0].Renew(key, certificate); err != nil {
		t.Fatal(err)
	}
}

func TestAComponentThatRenewedAfterTheBackupAttachesToTheRestoredBroker(t *testing.T) {
	t.Parallel()
	machine := Machine{Name: "source", Addresses: []string{"10.77.0.1"}}
	i := New(t)
	c := i.Join(machine)
	c.Stop()
	renew(t, i, c)

	// A record that was never restored knows every key: one that it does not know is refused.
	i.Start(c, machine)
	i.Wait("it is refused", func() bool { return strings.Contains(i.Log.String(), "replaced by a renewed one") })
	c.Stop()
	if i.Status(c).Online {
		t.Fatal("an unknown key was let in")
	}

	i.StopBroker()
	err := i.Store.Write(t.Context(), func(tx engine.Transaction) error {
		return tx.PutValue(broker.RestoredValue, []byte(time.Now().UTC().Format(time.RFC3339)))
	})
	if err != nil {
		t.Fatal(err)
	}
	i.StartBroker()
	i.Run(c, machine)
}
