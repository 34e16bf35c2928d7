package policy

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"lockwire/engine"
)

// Text writes a decision in words, for `explain` and the receipts: several lines, each ended by a line end.
func Text(d engine.Decision) string {
	var out strings.Builder
	heading(&out, &d)
	if d.Throttle == nil {
		fmt.Fprintln(&out, "Limit: none")
	} else {
		fmt.Fprintf(&out, "Limit: %s\n", limitWords(d.Throttle))
	}
	body(&out, &d)
	return out.String()
}

// SessionText writes a session's decision in words, with the limits on both ways its data flows.
func SessionText(d engine.SessionDecision) string {
	var out strings.Builder
	heading(&out, &d.Decision)
	for _, way := range []struct {
		to    string
		limit *engine.AppliedThrottle
	}{{"target", d.ToTarget}, {"source", d.ToSource}} {
		limit := "none"
		if way.limit != nil {
			limit = limitWords(way.limit)
		}
		fmt.Fprintf(&out, "Limit on data to the %s: %s\n", way.to, limit)
	}
	body(&out, &d.Decision)
	return out.String()
}

func limitWords(t *engine.AppliedThrottle) string {
	return fmt.Sprintf("%s by %q, %d bytes per second for this session", t.Limit(), t.Rule, t.PerSessionBytesPerSecond)
}

func heading(out *strings.Builder, d *engine.Decision) {
	fmt.Fprintf(out, "%s, by %s", strings.ToUpper(d.Mode.String()), byWords[d.By])
	if len(d.Rules) > 0 {
		fmt.Fprint(out, plural(d.Rules, " ", " "))
	}
	fmt.Fprintln(out)
}

// byWords say what decided, so that the names of the rules can follow.
var byWords = map[engine.By]string{
	engine.BySameMachine:     "same machine",
	engine.ByProviderGateway: "provider gateway",
	engine.ByRule:            "rule",
	engine.ByAutomatic:       "automatic encryption, rule",
	engine.ByExempt:          "trusted link, rule",
	engine.ByNone:            "no rule",
	engine.ByTest:            "a test that compares",
}

func body(out *strings.Builder, d *engine.Decision) {
	fmt.Fprintln(out, "Steps:")
	for _, step := range d.Steps {
		mark := " "
		if step.Hit {
			mark = ">"
		}
		fmt.Fprintf(out, "  %s %s: %s\n", mark, step.Name, step.Text)
	}
	considered(out, d)
	if len(d.Names) > 0 {
		fmt.Fprintln(out, "Names in these rules stood for:")
		for _, name := range slices.Sorted(maps.Keys(d.Names)) {
			meaning := d.Names[name]
			fmt.Fprintf(out, "    %s: %s%s\n", name, listWords(meaning.Addresses), meaning.AgeInWords())
		}
	}
}

// considered lists the rules that matched, or where every rule was asked about those that decided and then those that did not.
func considered(out *strings.Builder, d *engine.Decision) {
	if d.WhyNot == nil {
		list(out, "Rules that match:", d.Considered)
		return
	}
	list(out, "Rules that decide:", d.Deciding())
	title := "Rules that do not, and why not:"
	switch off := d.WhyNot.Off; {
	case off == 1:
		title = "Rules that do not, and why not (1 more is off):"
	case off > 1:
		title = fmt.Sprintf("Rules that do not, and why not (%d more are off):", off)
	}
	list(out, title, d.WhyNot.Rules)
}

func list(out *strings.Builder, title string, verdicts []engine.Verdict) {
	if len(verdicts) == 0 {
		return
	}
	fmt.Fprintln(out, title)
	for i := range verdicts {
		fmt.Fprintf(out, "    %s: %s\n", verdicts[i].Rule, verdicts[i].Text)
	}
}

// listWords writes addresses; a list that is long is cut, for the receipt holds it whole.
func listWords(addresses []netip.Addr) string {
	const most = 16
	if len(addresses) == 0 {
		return "no address"
	}
	words := make([]string, 0, most)
	for _, address := range addresses[:min(len(addresses), most)] {
		words = append(words, address.String())
	}
	text := strings.Join(words, ", ")
	if rest := len(addresses) - most; rest > 0 {
		text += fmt.Sprintf(" and %d more", rest)
	}
	return text
}
