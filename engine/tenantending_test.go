package engine

import (
	"testing"
	"time"
)

func TestAnEditOfATenantListsTheSessionsThatItEnds(t *testing.T) {
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	restic, files, gone := Service{ID: "restic", Target: "repo", Backend: "127.0.0.1:8000"}, Service{ID: "files", Target: "repo", Backend: "127.0.0.1:9000"}, Service{ID: "gone", Target: "old", Backend: "127.0.0.1:1"}
	session := func(id ID, tenant ID, to Service, state SessionState) Session {
		return Session{ID: id, Tenant: tenant, Target: to.Target, Backend: to.Backend, ServiceName: string(to.ID), SourceName: "smith 1", State: state, Traffic: Traffic{ToTarget: 5, ToSource: 2}}
	}
	sessions := []Session{
		session("1", "smith", restic, SessionLive), session("2", "smith", files, SessionDraining), session("3", "smith", gone, SessionLive),
		session("4", "jones", restic, SessionLive), session("5", "smith", restic, SessionEnded), session("6", "", restic, SessionLive),
	}
	before := Tenant{ID: "smith", Services: []ID{"restic", "files", "gone"}}
	for name, test := range map[string]struct {
		edit func(*Tenant) *Tenant
		want string
	}{
		"nothing":             {func(t *Tenant) *Tenant { return t }, ""},
		"a lower limit":       {func(t *Tenant) *Tenant { t.Limit = &Limit{Value: 1, Unit: KilobytesPerSecond}; return t }, ""},
		"a quota below":       {func(t *Tenant) *Tenant { t.Quota, t.Used = 1, 5; return t }, ""},
		"disabled":            {func(t *Tenant) *Tenant { t.Disabled = true; return t }, "123"},
		"removed":             {func(*Tenant) *Tenant { return nil }, "123"},
		"a last day past":     {func(t *Tenant) *Tenant { t.Until = &Date{2027, time.February, 28}; return t }, "123"},
		"a last day to come":  {func(t *Tenant) *Tenant { t.Until = &Date{2027, time.March, 1}; return t }, ""},
		"a service less":      {func(t *Tenant) *Tenant { t.Services = []ID{"restic"}; return t }, "2"},
		"no service any more": {func(t *Tenant) *Tenant { t.Services = nil; return t }, "12"},
	} {
		t.Run(name, func(t *testing.T) {
			after := before
			got := ""
			for _, s := range before.Ending(test.edit(&after), sessions, []Service{restic, files}, now, time.UTC) {
				got += string(s.ID)
				if s.Source != "smith 1" || s.Bytes != 7 || s.Route == "" {
					t.Errorf("it is listed as %+v", s)
				}
			}
			if got != test.want {
				t.Errorf("%q end, not %q", got, test.want)
			}
		})
	}
}
