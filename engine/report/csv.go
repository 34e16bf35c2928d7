package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"lockwire/engine"
	"lockwire/engine/record"
)

// columns are those of a report as a table. Each line is of one section and leaves empty what it has not.
var columns = []string{"section", "from", "until", "source", "target", "route", "decidedBy", "rules", "cipher", "keyExchange", "sealedSessions", "sealedBytes", "plainSessions", "plainBytes", "receipts", "addresses", "who", "what", "thing", "severity", "text", "id"}

// CSV writes a report as one table (RFC 4180), times in RFC 3339. No field of it is a formula to a spreadsheet.
func CSV(to io.Writer, r *engine.ProtectionReport) error {
	table := csv.NewWriter(to)
	_ = table.Write(columns)
	line := func(section string, fields map[string]string) {
		fields["section"] = section
		row := make([]string, len(columns))
		for i, name := range columns {
			row[i] = fields[name]
		}
		_ = table.Write(record.ForSpreadsheets(row)) // table.Error says what goes wrong
	}
	line("period", map[string]string{"from": moment(r.Span.From), "until": moment(r.Span.Until), "who": string(r.By), "what": "made " + moment(r.Made), "text": "Lockwire " + r.Version, "id": string(r.Installation)})
	all := engine.SealedAndPlain{Sealed: r.Sealed, Plain: r.Plain}
	total := sums(&all)
	total["receipts"] = strconv.Itoa(r.Refused)
	line("all", total)
	line("tests", map[string]string{"text": strconv.Itoa(r.Tests.Sessions) + " sessions, " + strconv.FormatUint(r.Tests.Bytes, 10) + " bytes"})
	if r.Running != nil {
		line("running", sums(r.Running))
	}
	verdict := r.ReceiptsProblem
	if verdict == "" {
		verdict = r.Receipts.String()
	}
	line("receipts verified", map[string]string{"until": moment(r.Receipts.Checked), "receipts": strconv.FormatUint(r.Receipts.Receipts, 10), "what": strconv.FormatBool(r.ReceiptsProblem == "" && r.Receipts.Holds()), "text": verdict})
	for i := range r.Pairs {
		fields := sums(&r.Pairs[i].SealedAndPlain)
		fields["source"], fields["target"], fields["text"] = r.Pairs[i].Source, r.Pairs[i].Target, r.Pairs[i].Tenant
		line("pair", fields)
	}
	line("other pairs", sums(&r.MorePairs))
	for i := range r.Deciders {
		fields := sums(&r.Deciders[i].SealedAndPlain)
		fields["decidedBy"], fields["rules"] = string(r.Deciders[i].By), strings.Join(r.Deciders[i].Rules, "; ")
		line("rule", fields)
	}
	line("other rules", sums(&r.MoreDeciders))
	for i := range r.Ciphers {
		c := &r.Ciphers[i]
		fields := sums(&engine.SealedAndPlain{Sealed: c.SessionTotals})
		fields["cipher"], fields["keyExchange"] = c.Cipher.String(), c.Group
		line("cipher", fields)
	}
	for i := range r.PlainOnPublic {
		p := &r.PlainOnPublic[i]
		fields := sums(&engine.SealedAndPlain{Plain: engine.SessionTotals{Sessions: 1, Bytes: p.Bytes}})
		fields["from"], fields["until"], fields["source"], fields["target"], fields["route"] = moment(p.Began), moment(p.Ended), p.Source, p.Target, p.Route
		fields["addresses"], fields["decidedBy"], fields["text"], fields["id"] = strings.Join(p.Addresses, "; "), string(p.By), p.Reason, string(p.ID)
		line("plain on public", fields)
	}
	line("other plain on public", sums(&engine.SealedAndPlain{Plain: r.MorePlainOnPublic}))
	for i := range r.Refusals {
		f := &r.Refusals[i]
		line("refused", map[string]string{"from": moment(f.First), "until": moment(f.Last), "source": f.Source, "target": f.Target, "route": f.Route, "receipts": strconv.Itoa(f.Count), "text": f.Reason})
	}
	line("other refused", map[string]string{"receipts": strconv.Itoa(r.MoreRefusals)})
	for i := range r.Changes {
		e := &r.Changes[i]
		var words []string
		for _, d := range record.Differences(e.Before, e.After) {
			words = append(words, d.Field+": "+d.Before+" -> "+d.After)
		}
		line("change", map[string]string{"from": moment(e.When), "who": string(e.Who), "what": e.What, "thing": e.Thing, "text": strings.Join(words, "; "), "id": string(e.ID)})
	}
	line("other changes", map[string]string{"receipts": strconv.Itoa(r.MoreChanges)})
	for i := range r.Unprotected {
		f := &r.Unprotected[i]
		line("not protected", map[string]string{"what": string(f.Kind), "severity": string(f.Severity), "text": f.Text, "id": string(f.Thing)})
	}
	table.Flush()
	return table.Error()
}

func sums(s *engine.SealedAndPlain) map[string]string {
	return map[string]string{
		"sealedSessions": strconv.Itoa(s.Sealed.Sessions), "sealedBytes": strconv.FormatUint(s.Sealed.Bytes, 10),
		"plainSessions": strconv.Itoa(s.Plain.Sessions), "plainBytes": strconv.FormatUint(s.Plain.Bytes, 10),
	}
}

// moment writes a time to the millisecond; nothing for the zero time.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
