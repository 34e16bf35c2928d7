package server

import (
	"os/user"
	"strings"
	"testing"

	"lockwire/engine"
)

func TestTheOwnerIsLetInAndNamed(t *testing.T) {
	running := serve(t, newFolder(t))
	client, closing, err := Attach(t.Context(), running.path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	installation, err := client.Installation(t.Context())
	if err != nil || string(installation.Who) != thisUser() || installation.Role != engine.MayChange || !installation.Running {
		t.Errorf("%+v, %v", installation, err)
	}
	if current, err := user.Current(); err == nil && !strings.Contains(thisUser(), current.Username) {
		t.Errorf("this user is called %q", thisUser())
	}
}
