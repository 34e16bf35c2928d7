package record

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"lockwire/engine"
)

// receiptColumns are those of a table of receipts, in their order.
var receiptColumns = []struct {
	name  string
	value func(*engine.Receipt) string
}{
	{"id", func(r *engine.Receipt) string { return string(r.ID) }},
	{"began", func(r *engine.Receipt) string { return moment(r.Began) }},
	{"ended", func(r *engine.Receipt) string { return moment(r.Ended) }},
	{"state", func(r *engine.Receipt) string { return string(r.State) }},
	{"reason", func(r *engine.Receipt) string { return r.Reason }},
	{"source", func(r *engine.Receipt) string { return r.SourceName }},
	{"target", func(r *engine.Receipt) string { return r.TargetName }},
	{"route", func(r *engine.Receipt) string { return r.RouteName }},
	{"service", func(r *engine.Receipt) string { return r.ServiceName }},
	{"backend", func(r *engine.Receipt) string { return r.Backend }},
	{"endpoint", func(r *engine.Receipt) string { return r.Endpoint }},
	{"interface", func(r *engine.Receipt) string { return r.Interface }},
	{"fallBack", func(r *engine.Receipt) string { return r.FallBack }},
	{"mode", func(r *engine.Receipt) string { return r.Decision.Mode.String() }},
	{"decidedBy", func(r *engine.Receipt) string { return string(r.Decision.By) }},
	{"rules", func(r *engine.Receipt) string { return strings.Join(r.Decision.Rules, "; ") }},
	{"cipher", func(r *engine.Receipt) string { return strings.TrimPrefix(r.Cipher.String(), "none") }},
	{"keyExchange", func(r *engine.Receipt) string { return r.Group }},
	{"flows", func(r *engine.Receipt) string { return strconv.FormatUint(r.AllFlows, 10) }},
	{"bytesToTarget", func(r *engine.Receipt) string { return strconv.FormatUint(r.Traffic.ToTarget, 10) }},
	{"bytesToSource", func(r *engine.Receipt) string { return strconv.FormatUint(r.Traffic.ToSource, 10) }},
	{"sourceCPUSeconds", func(r *engine.Receipt) string { return seconds(r.Traffic.SourceCPU) }},
	{"targetCPUSeconds", func(r *engine.Receipt) string { return seconds(r.Traffic.TargetCPU) }},
	{"keyMade", func(r *engine.Receipt) string { return moment(r.Key.Made) }},
	{"keyAtTarget", func(r *engine.Receipt) string { return moment(r.Key.DeliveredTarget) }},
	{"keyAtSource", func(r *engine.Receipt) string { return moment(r.Key.DeliveredSource) }},
	{"keyGoneAtBroker", func(r *engine.Receipt) string { return moment(r.Key.DestroyedBroker) }},
	{"keyGoneAtSource", func(r *engine.Receipt) string { return moment(r.Key.DestroyedSource) }},
	{"keyGoneAtTarget", func(r *engine.Receipt) string { return moment(r.Key.DestroyedTarget) }},
	{"erasureAtSource", func(r *engine.Receipt) string { return string(r.Key.SourceErasure) }},
	{"erasureAtTarget", func(r *engine.Receipt) string { return string(r.Key.TargetErasure) }},
	{"test", func(r *engine.Receipt) string { return strconv.FormatBool(r.Test) }},
}

// moment writes a time to the millisecond, as the record keeps it; nothing for the zero time.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

// ReceiptTable writes receipts as CSV (RFC 4180): a line of names, then one receipt a line, times in RFC 3339. No field of it is a
// formula to a spreadsheet.
type ReceiptTable struct {
	to *csv.Writer
}

// NewReceiptTable begins a table. What goes wrong in writing, Write or End says.
func NewReceiptTable(w io.Writer) *ReceiptTable {
	table := &ReceiptTable{csv.NewWriter(w)}
	names := make([]string, len(receiptColumns))
	for i, column := range receiptColumns {
		names[i] = column.name
	}
	_ = table.to.Write(names)
	return table
}

// Write writes one receipt.
func (t *ReceiptTable) Write(r *engine.Receipt) error {
	fields := make([]string, len(receiptColumns))
	for i, column := range receiptColumns {
		fields[i] = column.value(r)
	}
	return t.to.Write(ForSpreadsheets(fields))
}

// End writes what is still held back; it is called once, after the last receipt.
func (t *ReceiptTable) End() error {
	t.to.Flush()
	return t.to.Error()
}
