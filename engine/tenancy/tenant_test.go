package tenancy

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}()

func TestTheStateOfATenantFollowsItsKeyTheCalendarAndAnOrder(t *testing.T) {
	now := time.Date(2027, 3, 31, 22, 30, 0, 0, time.UTC) // in Berlin it is the first of April
	key := engine.KeyID{1}
	yesterday, today := &engine.Date{Year: 2027, Month: time.March, Day: 31}, &engine.Date{Year: 2027, Month: time.April, Day: 1}
	for _, test := range []struct {
		name   string
		tenant engine.Tenant
		want   engine.TenantState
	}{
		{"new", engine.Tenant{}, engine.TenantInvited},
		{"with a key", engine.Tenant{Key: key, Linked: now}, engine.TenantPending},
		{"confirmed", engine.Tenant{Key: key, Linked: now, Confirmed: now}, engine.TenantActive},
		{"on its last day", engine.Tenant{Key: key, Confirmed: now, Until: today}, engine.TenantActive},
		{"after its last day", engine.Tenant{Key: key, Confirmed: now, Until: yesterday}, engine.TenantEnded},
		{"disabled", engine.Tenant{Key: key, Confirmed: now, Disabled: true}, engine.TenantDisabled},
		{"disabled and over", engine.Tenant{Key: key, Confirmed: now, Disabled: true, Until: yesterday}, engine.TenantDisabled},
		{"over before it was linked", engine.Tenant{Until: yesterday}, engine.TenantEnded},
	} {
		if got := StateAt(&test.tenant, now, berlin); got != test.want {
			t.Errorf("%s: %s, not %s", test.name, got, test.want)
		}
		if refused := Refusal(&test.tenant, now, berlin) != ""; refused == (test.want == engine.TenantActive) {
			t.Errorf("%s: refused is %v", test.name, refused)
		}
	}
	if StateAt(&engine.Tenant{Key: key, Confirmed: now, Until: yesterday}, now, time.UTC) != engine.TenantActive {
		t.Error("the calendar is not that of the zone")
	}
}

func TestAQuotaIsUsedUpWithItsLastByteAndWarnsAtNinetyPercent(t *testing.T) {
	for _, test := range []struct {
		quota, used uint64
		near, over  bool
	}{
		{0, math.MaxUint64, false, false}, {100, 0, false, false}, {100, 89, false, false}, {100, 90, true, false}, {100, 99, true, false},
		{100, 100, true, true}, {100, 101, true, true}, {math.MaxInt64, math.MaxInt64 / 2, false, false},
	} {
		tenant := engine.Tenant{Quota: test.quota, Used: test.used, Key: engine.KeyID{1}, Confirmed: time.Unix(1, 0)}
		if tenant.QuotaUse().NearlyUsedUp() != test.near || tenant.QuotaUse().UsedUp() != test.over {
			t.Errorf("%d of %d: near %v, over %v", test.used, test.quota, tenant.QuotaUse().NearlyUsedUp(), tenant.QuotaUse().UsedUp())
		}
		if said := RestoresOnly(&tenant); (said != "") != test.over || test.over && !strings.Contains(said, "quota") {
			t.Errorf("%d of %d: %q", test.used, test.quota, said)
		}
		if said := Refusal(&tenant, time.Unix(2, 0), time.UTC); said != "" {
			t.Errorf("%d of %d: it is refused, as %q", test.used, test.quota, said)
		}
	}
}

func TestTheNextChangeIsTheEndOfTheLastDay(t *testing.T) {
	tenant := engine.Tenant{Until: &engine.Date{Year: 2027, Month: time.March, Day: 31}}
	end := time.Date(2027, 3, 31, 22, 0, 0, 0, time.UTC)
	if got := NextChange(&tenant, end.Add(-time.Second), berlin); !got.Equal(end) {
		t.Errorf("%s", got)
	}
	if got := NextChange(&tenant, end, berlin); !got.IsZero() {
		t.Errorf("after it: %s", got)
	}
	if got := NextChange(&engine.Tenant{}, end, berlin); !got.IsZero() {
		t.Errorf("without one: %s", got)
	}
}

func TestTheFieldsOfATenantAreChecked(t *testing.T) {
	service := engine.NewID()
	for _, test := range []struct {
		name   string
		edit   func(*engine.Tenant)
		wanted string
	}{
		{"as it is", func(*engine.Tenant) {}, ""},
		{"no name", func(t *engine.Tenant) { t.Name = "" }, "name"},
		{"a name that stands for machines", func(t *engine.Tenant) { t.Name = "tag:web" }, "name"},
		{"a name without room for a number", func(t *engine.Tenant) { t.Name = strings.Repeat("a", 60) }, "name"},
		{"the same service twice", func(t *engine.Tenant) { t.Services = []engine.ID{service, service} }, "services"},
		{"too many services", func(t *engine.Tenant) {
			for range MaximumServices + 1 {
				t.Services = append(t.Services, engine.NewID())
			}
		}, "services"},
		{"a limit of nothing", func(t *engine.Tenant) { t.Limit = &engine.Limit{Unit: engine.MegabitsPerSecond} }, "limit"},
		{"a quota that no database holds", func(t *engine.Tenant) { t.Quota = math.MaxUint64 }, "quota"},
	} {
		tenant := engine.Tenant{Name: "Smith", Services: []engine.ID{service}}
		test.edit(&tenant)
		err := Check(&tenant)
		var field *engine.FieldError
		switch {
		case test.wanted == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.wanted != "" && (!errors.As(err, &field) || field.Field != test.wanted):
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
