package record

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

var matchDay = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// carried is a receipt of the nth session: it begins n hours after noon and lasts ten minutes.
func carried(n int, change ...func(*engine.Receipt)) engine.Receipt {
	r := engine.Receipt{ID: engine.IDFromBytes([16]byte{15: byte(n)}), State: engine.SessionEnded, AllFlows: 1, Began: matchDay.Add(time.Duration(n) * time.Hour),
		Decision: engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed}}, Traffic: engine.Traffic{ToTarget: 1000, ToSource: 10}}
	r.Ended = r.Began.Add(10 * time.Minute)
	for _, c := range change {
		c(&r)
	}
	return r
}

func toProvider(r *engine.Receipt)    { r.Provider = "provider" }
func elsewhere(r *engine.Receipt)     { r.Provider = "another provider" }
func ofTenant(r *engine.Receipt)      { r.Tenant, r.Cipher = "tenant", engine.AES256GCM }
func ofOtherTenant(r *engine.Receipt) { r.Tenant = "another tenant" }
func refusedAtOnce(r *engine.Receipt) {
	r.State, r.AllFlows, r.Traffic = engine.SessionRefused, 0, engine.Traffic{}
}
func later(d time.Duration) func(*engine.Receipt) {
	return func(r *engine.Receipt) { r.Began, r.Ended = r.Began.Add(d), r.Ended.Add(d) }
}

func ours(n int, change ...func(*engine.Receipt)) engine.Receipt {
	return carried(n, slices.Concat([]func(*engine.Receipt){toProvider}, change)...)
}

func theirs(n int, change ...func(*engine.Receipt)) engine.Receipt {
	return carried(n, slices.Concat([]func(*engine.Receipt){ofTenant}, change)...)
}

// found writes what a match found in few words: the last digit of each session, and what differs.
func found(m *ReceiptMatch) string {
	var words []string
	for _, d := range m.Differences {
		words = append(words, string(d.Session[len(d.Session)-1:])+" "+d.What+": "+d.Tenant+" / "+d.Provider)
	}
	return strings.Join(words, "; ")
}

func TestReceiptsOfBothSidesAreComparedBySession(t *testing.T) {
	type receipts = []engine.Receipt
	for name, c := range map[string]struct {
		tenant, provider             receipts
		compared, outside, refusedBy int
		differ                       string
	}{
		"the same sessions agree, and a cipher that one side does not know is no difference": {receipts{ours(1), ours(2)}, receipts{theirs(2), theirs(1)}, 2, 0, 0, ""},
		"a session that the tenant alone has": {receipts{ours(1), ours(2), ours(3)}, receipts{theirs(1), theirs(3)}, 2, 0, 0,
			"2 receipt: ended 2026-05-01T14:10:00.000Z / no receipt"},
		"a session that the provider alone has": {receipts{ours(1), ours(3)}, receipts{theirs(1), theirs(2), theirs(3)}, 2, 0, 0,
			"2 receipt: no receipt / ended 2026-05-01T14:10:00.000Z"},
		"what one side alone has before and after the span is none": {receipts{ours(1), ours(2), ours(3)}, receipts{theirs(2), theirs(3), theirs(4)}, 2, 2, 0, ""},
		"other sessions say how far a file reaches, and are not compared": {receipts{carried(0), ours(1), ours(2), carried(5)}, receipts{carried(7), theirs(1), carried(8, later(-9*time.Hour))}, 1, 0, 0,
			"2 receipt: ended 2026-05-01T14:10:00.000Z / no receipt"},
		"bytes each way": {receipts{ours(1, func(r *engine.Receipt) { r.Traffic.ToTarget = 999 }), ours(2, func(r *engine.Receipt) { r.Traffic.ToSource = 11 })}, receipts{theirs(1), theirs(2)}, 2, 0, 0,
			"1 bytes to target: 999 / 1000; 2 bytes to source: 11 / 10"},
		"times that do not overlap": {receipts{ours(1, later(time.Hour))}, receipts{theirs(1)}, 1, 0, 0,
			"1 time: 2026-05-01T14:00:00.000Z to 2026-05-01T14:10:00.000Z / 2026-05-01T13:00:00.000Z to 2026-05-01T13:10:00.000Z"},
		"times of the provider that do not overlap": {receipts{ours(1)}, receipts{theirs(1, later(12*time.Minute))}, 1, 0, 0,
			"1 time: 2026-05-01T13:00:00.000Z to 2026-05-01T13:10:00.000Z / 2026-05-01T13:12:00.000Z to 2026-05-01T13:22:00.000Z"},
		"clocks may differ by a minute": {receipts{ours(1)}, receipts{theirs(1, later(11*time.Minute))}, 1, 0, 0, ""},
		"mode":                          {receipts{ours(1)}, receipts{theirs(1, func(r *engine.Receipt) { r.Decision.Mode = engine.Plain })}, 1, 0, 0, "1 mode: sealed / plain"},
		"a mode that one side does not know is no difference": {receipts{ours(1, func(r *engine.Receipt) { r.Decision.Mode = 0 })}, receipts{theirs(1)}, 1, 0, 0, ""},
		"cipher":                                           {receipts{ours(1, func(r *engine.Receipt) { r.Cipher = engine.ChaCha20Poly1305 })}, receipts{theirs(1)}, 1, 0, 0, "1 cipher: ChaCha20-Poly1305 / AES-256-GCM"},
		"refused on one side only":                         {receipts{ours(1, refusedAtOnce)}, receipts{theirs(1, func(r *engine.Receipt) { r.Traffic = engine.Traffic{} })}, 1, 0, 0, "1 state: refused / ended"},
		"refused on both sides":                            {receipts{ours(1, refusedAtOnce)}, receipts{theirs(1, refusedAtOnce)}, 1, 0, 0, ""},
		"a refusal of one's own":                           {receipts{ours(1), ours(2, refusedAtOnce), ours(3)}, receipts{theirs(1), theirs(3)}, 2, 0, 1, ""},
		"a refusal that carried":                           {receipts{ours(1), ours(2, func(r *engine.Receipt) { r.State = engine.SessionRefused }), ours(3)}, receipts{theirs(1), theirs(3)}, 2, 0, 0, "2 receipt: refused 2026-05-01T14:10:00.000Z / no receipt"},
		"other tenants' are not":                           {receipts{ours(1), ours(3)}, receipts{theirs(1), carried(2, ofOtherTenant), theirs(3)}, 2, 0, 0, ""},
		"other providers' are not":                         {receipts{ours(1), carried(2, elsewhere), ours(3)}, receipts{theirs(1), theirs(3)}, 2, 0, 0, ""},
		"a file without any such session":                  {receipts{ours(2)}, receipts{carried(1), carried(3)}, 0, 0, 0, "2 receipt: ended 2026-05-01T14:10:00.000Z / no receipt"},
		"an installation that is both: the side that fits": {receipts{ours(1), ours(2), carried(3, ofOtherTenant)}, receipts{theirs(1), theirs(2), carried(4, elsewhere)}, 2, 0, 0, ""},
		"clocks a day apart: what both have is compared":   {receipts{ours(1)}, receipts{theirs(1, later(24*time.Hour), func(r *engine.Receipt) { r.Traffic.ToTarget = 1 })}, 1, 0, 0, "1 bytes to target: 1000 / 1; 1 time: 2026-05-01T13:00:00.000Z to 2026-05-01T13:10:00.000Z / 2026-05-02T13:00:00.000Z to 2026-05-02T13:10:00.000Z"},
	} {
		t.Run(name, func(t *testing.T) {
			for order, sets := range map[string][2]receipts{"the tenant's first": {c.tenant, c.provider}, "the provider's first": {c.provider, c.tenant}} {
				m, err := MatchReceipts(sets[0], sets[1])
				if err != nil || found(&m) != c.differ || m.Compared != c.compared || m.Outside != c.outside || m.RefusedAlone != c.refusedBy {
					t.Errorf("%s: %+v, %v", order, m, err)
				}
			}
		})
	}
}

func TestAMatchSaysWhichSpanBothCover(t *testing.T) {
	m, err := MatchReceipts([]engine.Receipt{ours(1), ours(4), ours(3)}, []engine.Receipt{theirs(3), theirs(5), theirs(2)})
	if err != nil || !m.From.Equal(matchDay.Add(2*time.Hour)) || !m.Until.Equal(matchDay.Add(4*time.Hour+10*time.Minute)) {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestWhatCannotBeComparedIsNoAgreement(t *testing.T) {
	type receipts = []engine.Receipt
	for name, c := range map[string]struct {
		a, b receipts
		says string
	}{
		"nothing":             {nil, nil, "neither has a session"},
		"own sessions":        {receipts{carried(1)}, receipts{carried(1)}, "neither has a session"},
		"two tenants":         {receipts{ours(1)}, receipts{ours(1)}, "cannot be told"},
		"two providers":       {receipts{theirs(1)}, receipts{theirs(2)}, "cannot be told"},
		"other days":          {receipts{ours(1)}, receipts{theirs(5)}, "the same days"},
		"an empty file":       {receipts{ours(1)}, nil, "the same days"},
		"which tenant":        {receipts{ours(1)}, receipts{theirs(2), carried(3, ofOtherTenant)}, "of 2 tenants"},
		"which provider":      {receipts{ours(1), carried(2, elsewhere)}, receipts{theirs(3)}, "of 2 providers"},
		"only other refusals": {receipts{ours(1, refusedAtOnce)}, receipts{carried(0), carried(3)}, "the same days"},
	} {
		if m, err := MatchReceipts(c.a, c.b); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}
