package store

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

// searchedReceipts are receipts with one odd thing each, the oldest first.
func searchedReceipts() []engine.Receipt {
	changes := []func(*engine.Receipt){
		func(r *engine.Receipt) {},
		func(r *engine.Receipt) { r.SourceName = "Ärchiv_1" },
		func(r *engine.Receipt) { r.TargetName = "tape 100%" },
		func(r *engine.Receipt) { r.RouteName = `c:\nightly` },
		func(r *engine.Receipt) { r.Decision.By, r.Decision.Rules = engine.ByAutomatic, []string{"Internet"} },
		func(r *engine.Receipt) { r.State, r.Reason = engine.SessionRefused, "the target is not attached" },
		func(r *engine.Receipt) { r.Test = true },
	}
	receipts := make([]engine.Receipt, len(changes))
	for i, change := range changes {
		receipts[i] = receiptAt(began.Add(time.Duration(i)*time.Minute), engine.NewID(), engine.NewID(), engine.NewID(), engine.Sealed)
		change(&receipts[i])
	}
	return receipts
}

// receiptSearches say which of searchedReceipts a text finds.
var receiptSearches = map[string]struct {
	text string
	want []int
}{
	"a name":                                {"web-1", []int{0, 2, 3, 4, 5, 6}},
	"a part of a name":                      {"rchi", []int{1}},
	"whatever its case, in any script":      {"äRCHIV", []int{1}},
	"a _ is no pattern":                     {"web_1", nil},
	"a _ as it is":                          {"ärchiv_1", []int{1}},
	"a % is no pattern":                     {"web%1", nil},
	"a % as it is":                          {"100%", []int{2}},
	"a backslash as it is":                  {`:\n`, []int{3}},
	"the words that the reason is shown in": {"automatic public", []int{4}},
	"a rule":                                {"<uplink>", []int{0, 1, 2, 3, 5, 6}},
	"what became of it":                     {"refused", []int{5}},
	"why, and of which target":              {"attached repo-1", []int{5}},
	"a test":                                {"test", []int{6}},
	"every word has to be there":            {"refused automatic", nil},
	"no word goes over two texts":           {"1repo", nil},
	"a key of the document":                 {"sourceName", nil},
	"blanks, and a name":                    {" web-1\t100% ", []int{2}},
}

func checkReceiptSearches(t *testing.T, s *Store, receipts []engine.Receipt) {
	t.Helper()
	for name, search := range receiptSearches {
		var want []engine.ID
		for _, i := range slices.Backward(search.want) {
			want = append(want, receipts[i].ID)
		}
		got := ids(must[[]engine.Receipt](t)(s.Receipts(t.Context(), engine.ReceiptQuery{Text: search.text})))
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, wanted %v", name, got, want)
		}
	}
}

func TestReceiptsAreFoundByWhatNamesThem(t *testing.T) {
	s := openNew(t)
	receipts := searchedReceipts()
	write(t, s, func(tx engine.Transaction) error {
		for _, r := range receipts {
			if err := tx.InsertReceipt(r); err != nil {
				return err
			}
		}
		return nil
	})
	checkReceiptSearches(t, s, receipts)
	for name, query := range map[string]engine.ReceiptQuery{
		"a side of it": {Text: "refused", Component: receipts[5].Target}, "a route": {Text: "refused", Route: receipts[5].Route},
		"a time": {Text: "refused", From: receipts[5].Began, Until: receipts[6].Began}, "a state": {Text: "web-1", State: engine.SessionRefused},
	} {
		if got := ids(must[[]engine.Receipt](t)(s.Receipts(t.Context(), query))); !slices.Equal(got, []engine.ID{receipts[5].ID}) {
			t.Errorf("with %s: %v", name, got)
		}
	}
}

func TestASearchGoesOnPageByPage(t *testing.T) {
	s := openNew(t)
	var want []engine.ID
	write(t, s, func(tx engine.Transaction) error {
		for i := range 100 {
			r := receiptAt(began.Add(time.Duration(i)*time.Minute), engine.NewID(), engine.NewID(), engine.NewID(), engine.Sealed)
			if i%9 == 0 {
				r.RouteName = "weekly"
				want = append(want, r.ID)
			}
			if err := tx.InsertReceipt(r); err != nil {
				return err
			}
		}
		return nil
	})
	slices.Reverse(want)
	var got []engine.ID
	query := engine.ReceiptQuery{Text: "Weekly", Limit: 5}
	for {
		page := must[[]engine.Receipt](t)(s.Receipts(t.Context(), query))
		got = append(got, ids(page)...)
		if len(page) < query.Limit {
			break
		}
		query.Before = page[len(page)-1].ID
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, wanted %v", got, want)
	}
}

func TestAuditEntriesAreFoundByWhoDidWhatToWhat(t *testing.T) {
	s := openNew(t)
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(
			tx.AppendAudit(engine.AuditEntry{When: began, Who: "administrator Zoë", What: "rule.edit", Thing: "Uplink 100%", After: []byte(`{"comment": "nobody looks here"}`)}),
			tx.AppendAudit(engine.AuditEntry{When: began, Who: "broker", What: "session.cut", Thing: "nightly"}),
		)
	})
	for text, want := range map[string]string{
		"ZOË": "rule.edit", "rule edited": "rule.edit", "rule.edit": "rule.edit", "100%": "rule.edit", "cut nightly": "session.cut", "broker uplink": "", "nobody": "", "_": "",
	} {
		found := ""
		for _, entry := range must[[]engine.AuditEntry](t)(s.Audit(t.Context(), engine.AuditQuery{Text: text})) {
			found += entry.What
		}
		if found != want {
			t.Errorf("%q finds %q, wanted %q", text, found, want)
		}
	}
}

// asFirst gives what the first version made from one table up to another.
func asFirst(table, until string) string {
	first := string(must[[]byte](panics{})(fs.ReadFile(schema(), "00001_installation.sql")))
	begin, end := strings.Index(first, "CREATE TABLE "+table+" ("), strings.Index(first, "CREATE TABLE "+until+" (")
	return first[begin:end]
}

func TestWhatAnOlderVersionWroteIsFoundToo(t *testing.T) {
	folder := newFolder(t)
	s, err := Open(t.Context(), folder, quiet)
	if err != nil {
		t.Fatal(err)
	}
	receipts := searchedReceipts()
	write(t, s, func(tx engine.Transaction) error {
		for _, r := range receipts {
			if err := tx.InsertReceipt(r); err != nil {
				return err
			}
		}
		return tx.AppendAudit(engine.AuditEntry{When: began, Who: "broker", What: "session.cut", Thing: "nightly"})
	})
	broken := receiptAt(began.Add(-time.Minute), engine.NewID(), engine.NewID(), engine.NewID(), engine.Sealed)
	write(t, s, func(tx engine.Transaction) error { return tx.InsertReceipt(broken) })
	// As version 1 left it, and with a receipt that cannot be read.
	for _, statement := range []string{
		`DROP TABLE search_texts`, `DROP INDEX receipts_order`, `DROP INDEX audit_order`, `ALTER TABLE receipts DROP COLUMN source_folded`, `ALTER TABLE receipts DROP COLUMN target_folded`,
		`ALTER TABLE receipts DROP COLUMN route_folded`, `ALTER TABLE receipts DROP COLUMN bytes`, `ALTER TABLE audit DROP COLUMN who_folded`, `ALTER TABLE audit DROP COLUMN thing_folded`,
		`ALTER TABLE components DROP COLUMN drain_since`, `ALTER TABLE components DROP COLUMN drain_until`, `ALTER TABLE components DROP COLUMN drain_by`,
		`DROP TABLE hosts`, `DROP TABLE audit_effects`, `DROP INDEX audit_change`, `DROP INDEX join_tokens_expires`, `DROP INDEX join_tokens_used`, `ALTER TABLE audit DROP COLUMN change_id`,
		`DROP TABLE tenant_links`, `DROP TABLE tenant_services`, `DROP TABLE tenants`, `DROP TABLE named_keys`, `DROP INDEX components_key`,
		`ALTER TABLE components DROP COLUMN tenant`, `ALTER TABLE components DROP COLUMN tenant_component`,
		`DROP TABLE provider_components`, `DROP TABLE route_sources`, `DROP TABLE routes`, `DROP TABLE services`, `DROP TABLE providers`, asFirst("services", "administrators"),
		`ALTER TABLE join_tokens DROP COLUMN uses`, `ALTER TABLE join_tokens DROP COLUMN taken`, `ALTER TABLE join_tokens DROP COLUMN revoked`,
		`DROP TABLE chain`, `DELETE FROM goose_db_version WHERE version_id > 1`, `UPDATE receipts SET document = '{' WHERE id = '` + string(broken.ID) + `'`,
	} {
		if _, err := s.writer.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openIn(t, folder)
	checkReceiptSearches(t, s, receipts)
	checkReceiptOrders(t, s, receipts, engine.ReceiptQuery{From: receipts[0].Began})
	if found := must[[]engine.AuditEntry](t)(s.Audit(t.Context(), engine.AuditQuery{Text: "nightly"})); len(found) != 1 {
		t.Errorf("in the audit: %v", found)
	}
}
