package main

import (
	"strings"
	"testing"
	"time"

	"lockwire/app/server"
	"lockwire/engine"
	"lockwire/engine/identity"
)

func TestTenantsAreSeenAndChanged(t *testing.T) {
	for name, path := range map[string]string{"folder": equipped(t), "broker": serveOn(t, equipped(t))} {
		t.Run(name, func(t *testing.T) {
			runSteps(t, path, []step{
				{"tenants list", 0, []string{"NAME", "QUOTA"}},
				{"tenants add smith --service repository --limit 100Mbit/s --quota 2TB --until 2099-12-31", 0, []string{"added tenant smith", "tenants link"}},
				{"tenants add Smith", 2, []string{"taken"}},
				{"tenants add jones --service nowhere", 4, []string{"nowhere"}},
				{"tenants add jones --limit fast", 2, []string{"not a limit"}},
				{"tenants add jones --quota many", 2, []string{"no size"}},
				{"tenants add jones --until soon", 2, []string{"not a day"}},
				{"tenants list", 0, []string{"smith", "invited", "100 Mbit/s", "2.00 TB", "2099-12-31"}},
				{"tenants show smith", 0, []string{"repository", "invited"}},
				{"tenants show smith --json", 0, []string{`"state": "invited"`, `"quota": 2000000000000`}},
				{"tenants show nobody", 4, []string{`tenant "nobody"`}},
				{"tenants edit smith", 2, []string{"nothing to change"}},
				{"tenants edit smith --quota 3TB --name smithers", 0, []string{"changed tenant smithers"}},
				{"tenants edit smithers --limit= --until= --name smith", 0, nil},
				{"tenants show smith", 0, []string{"3.00 TB"}},
				{"services remove repository", 1, []string{"in use"}},
				{"tenants disable smith", 0, []string{"disabled tenant smith"}},
				{"tenants disable smith", 1, []string{"disabled already"}},
				{"tenants list", 0, []string{"disabled"}},
				{"tenants enable smith", 0, []string{"enabled tenant smith"}},
				{"tenants link smith", 2, []string{"--gateway"}},
				{"tenants link smith --gateway nowhere", 2, []string{"nowhere"}},
				{"tenants link smith --gateway gateway.example:6180", 0, nil},
				{"tenants confirm smith 00", 2, []string{"fingerprint"}},
				{"tenants confirm smith " + strings.Repeat("0", 64), 1, []string{"no link of it was redeemed"}},
				{"audit", 0, []string{"tenant.add", "tenant.edit", "tenant.link"}},
				{"tenants remove smith", 0, []string{"removed tenant smith", "stays where it is"}},
				{"tenants show smith", 4, nil},
			})
		})
	}
}

// The gateways that were said once hold for the links that follow; the link goes alone to standard output, and its secret is nowhere else.
func TestALinkGoesAloneToStandardOutput(t *testing.T) {
	path := serve(t)
	if r := run(t, "", "--data", path, "tenants", "add", "smith"); r.code != 0 {
		t.Fatal(r.err)
	}
	if r := run(t, "", "--data", path, "tenants", "link", "smith", "--gateway", "gateway.example:6180"); r.code != 0 {
		t.Fatal(r.err)
	}
	r := run(t, "", "--data", path, "tenants", "link", "smith")
	link, err := identity.ParseLink(r.out)
	if r.code != 0 || err != nil || strings.Count(r.out, "\n") != 1 {
		t.Fatalf("%d, %v: %q", r.code, err, r.out)
	}
	if gateways := link.Gateways(); len(gateways) != 1 || gateways[0] != "gateway.example:6180" {
		t.Errorf("it names the gateways %v", gateways)
	}
	if !strings.Contains(r.err, "lockwired tenants confirm") || strings.Contains(r.err, strings.TrimSpace(r.out)) {
		t.Errorf("it says %q", r.err)
	}
	if audit := run(t, "", "--data", path, "audit", "--json"); strings.Contains(audit.out, strings.TrimSpace(r.out)) {
		t.Error("the activity has the link")
	}
}

func TestAFingerprintIsConfirmedAsItWasReadOut(t *testing.T) {
	path := equipped(t)
	key := engine.KeyID{0xab, 1}
	tenant := engine.Tenant{ID: engine.NewID(), Revision: 1, Name: "smith", Key: key, Linked: time.Now()}
	opened, err := server.OpenFolder(t.Context(), server.Options{Path: path, Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutTenant(tenant) }); err != nil {
		t.Fatal(err)
	}
	if err := opened.Close(); err != nil {
		t.Fatal(err)
	}
	spaced := strings.Fields(key.Fingerprint())
	other := engine.KeyID{0xab, 2}
	runSteps(t, path, []step{
		{"tenants show smith", 0, []string{"pending", key.Fingerprint()}},
		{"tenants link smith --gateway a:1", 1, []string{"linked already", "--replace"}},
		{"tenants confirm smith " + other.String(), 2, []string{"fingerprint", "--replace"}},
		{"tenants confirm smith " + strings.ToUpper(strings.Join(spaced, " ")), 0, []string{"confirmed smith"}},
		{"tenants confirm smith " + key.String(), 0, []string{"confirmed smith"}},
		{"tenants show smith", 0, []string{"active"}},
		{"tenants link smith --replace --gateway a:1", 0, nil},
	})
}
