package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
)

func TestReceiptsAreFoundByWhatIsNotThereAnyMore(t *testing.T) {
	path := folder(t)
	gone := engine.Component{ID: engine.NewID(), Name: "gone", Role: engine.Agent, Joined: time.Now(), Revoked: time.Now()}
	receipt := engine.Receipt{ID: engine.NewID(), Route: engine.NewID(), Source: gone.ID, SourceName: "gone", Target: engine.NewID(), Began: time.Now(), Ended: time.Now(), State: engine.SessionEnded}
	opened, err := server.OpenFolder(t.Context(), server.Options{Path: path, Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	err = opened.Store.Write(t.Context(), func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(gone), tx.InsertReceipt(receipt))
	})
	if err := errors.Join(err, opened.Close()); err != nil {
		t.Fatal(err)
	}
	for name, arguments := range map[string][]string{
		"a revoked component": {"--component", "Gone"}, "its id": {"--component", string(gone.ID)}, "the id of a route that was removed": {"--route", string(receipt.Route)},
	} {
		got := run(t, "", append([]string{"receipts", "list", "--data", path}, arguments...)...)
		if got.code != host.ExitOK || !strings.Contains(got.out, string(receipt.ID)) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := run(t, "", "receipts", "list", "--data", path, "--component", "nobody"); got.code != host.ExitNotFound {
		t.Errorf("nobody: %+v", got)
	}
}
