package report

import (
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"lockwire/engine"
	"lockwire/engine/record"
)

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"size": engine.SizeInWords, "count": countInWords, "grouped": func(n int) string { return grouped(uint64(max(n, 0))) }, "sum": func(a, b int) int { return a + b }, "percent": percent, "printable": engine.Printable, "by": byInWords,
	"what": func(e engine.AuditEntry) string { return engine.Printable(record.InWords(&e)) }, "details": details,
	"turned": func(e engine.AuditEntry) string {
		if e.Turned == nil {
			return ""
		}
		return e.Turned.InWords()
	},
	"join": func(words []string) string { return engine.Printable(strings.Join(words, ", ")) },
	"none": func(text string) string { return cmp.Or(engine.Printable(text), "–") },
}).Parse(page))

// view is a report as its page shows it.
type view struct {
	*engine.ProtectionReport
	zone *time.Location
}

// HTML writes a report as one page that needs nothing else: no script, no other file. Times are those of a zone.
func HTML(to io.Writer, r *engine.ProtectionReport, zone *time.Location) error {
	return pageTemplate.Execute(to, &view{r, zone})
}

// Time writes a moment in the report's zone; – for none.
func (v *view) Time(at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	return at.In(v.zone).Format(time.DateTime)
}

// Zone names the zone and how far it is from UTC when the report is made.
func (v *view) Zone() string {
	words := v.Made.In(v.zone).Format("MST (UTC-07:00)")
	if name := v.zone.String(); name != "Local" && name != "UTC" {
		words = name + ", " + words
	}
	return words
}

// Period says which time the report is about.
func (v *view) Period() string {
	from, until := "the beginning", "now"
	if !v.Span.From.IsZero() {
		from = v.Time(v.Span.From)
	}
	if !v.Span.Until.IsZero() {
		until = v.Time(v.Span.Until)
	}
	return from + " to " + until
}

// All sums up the sessions that ended.
func (v *view) All() engine.SessionTotals {
	all := v.Sealed
	all.Join(v.Plain)
	return all
}

// SealedPart is how much of all bytes was sealed, in percent, never rounded up to all of it.
func (v *view) SealedPart() string {
	all := v.All().Bytes
	if all == 0 {
		return "–"
	}
	part := float64(v.Sealed.Bytes) / float64(all) * 100
	if v.Plain.Bytes > 0 {
		part = min(part, 99.9)
	}
	if v.Plain.Bytes == 0 {
		return "100 %"
	}
	return strconv.FormatFloat(part, 'f', 1, 64) + " %"
}

// Exempted counts the listed plain sessions on public addresses that a trusted link allowed.
func (v *view) Exempted() int {
	count := 0
	for i := range v.PlainOnPublic {
		if v.PlainOnPublic[i].Exempt {
			count++
		}
	}
	return count
}

// AllPlainOnPublic sums up those that are listed and those that are not.
func (v *view) AllPlainOnPublic() engine.SessionTotals {
	all := v.MorePlainOnPublic
	for i := range v.PlainOnPublic {
		all.Join(engine.SessionTotals{Sessions: 1, Bytes: v.PlainOnPublic[i].Bytes})
	}
	return all
}

func countInWords(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(uint64(n)) + " " + many
}

// grouped writes a number with narrow spaces between its thousands.
func grouped(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var out strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteRune('\u202f')
		}
		out.WriteRune(digit)
	}
	return out.String()
}

// percent is a part of a whole, rounded down to the tenth.
func percent(part, whole uint64) string {
	return strconv.FormatFloat(math.Floor(float64(part)/float64(whole)*1000)/10, 'f', 1, 64)
}

// byInWords says what decided.
func byInWords(by engine.By, rules []string) string {
	d := engine.Decision{By: by, Rules: rules}
	return engine.Printable(d.Because())
}

// maximumDetails bounds how many fields of a change a report writes out.
const maximumDetails = 12

// details are the fields that a change made different. What was added has no value before, and its id says nobody anything.
func details(e engine.AuditEntry) []record.Difference {
	var all []record.Difference
	for _, d := range record.Differences(e.Before, e.After) {
		if d.Field == "id" {
			continue
		}
		if d.Before, d.After = abbreviated(d.Before), abbreviated(d.After); len(e.Before) == 0 {
			d.Before = ""
		}
		all = append(all, d)
	}
	if left := len(all) - maximumDetails; left > 0 {
		all = append(all[:maximumDetails], record.Difference{Field: "and " + countInWords(left, "more field", "more fields")})
	}
	return all
}

// abbreviated keeps a value within a few lines.
func abbreviated(text string) string {
	const most = 160
	characters := []rune(engine.Printable(text))
	if len(characters) > most {
		return string(characters[:most]) + "…"
	}
	return string(characters)
}
