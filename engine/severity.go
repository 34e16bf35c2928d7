package engine

import "slices"

// Severity says how soon somebody has to see to a finding.
type Severity string

const (
	// Critical: backups fail, or something that is to be sealed is plain.
	Critical Severity = "critical"
	// Warning: it will fail, or protects less than it says.
	Warning Severity = "warning"
	// Advice: nothing fails; it is worth a look.
	Advice Severity = "advice"
)

// Severities are all, the worst first.
var Severities = []Severity{Critical, Warning, Advice}

// Rank is the severity's position; 0 is the worst.
func (s Severity) Rank() int {
	if rank := slices.Index(Severities, s); rank >= 0 {
		return rank
	}
	return len(Severities)
}

// Pressing gives the findings that somebody has to see to: all but advice.
func Pressing(findings []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Severity == Advice })
}

// BySeverity sorts ranked findings by their severity first.
func BySeverity(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int { return a.Severity.Rank() - b.Severity.Rank() })
}

// CountSeverities says how many findings there are of each severity, in words: "2 critical findings, 1 warning, 3 pieces of advice".
func CountSeverities(findings []Finding) string {
	counts := map[Severity]int{}
	for i := range findings {
		counts[findings[i].Severity]++
	}
	return CountInWords(counts[Critical], "critical finding", "critical findings") + ", " +
		CountInWords(counts[Warning], "warning", "warnings") + ", " + CountInWords(counts[Advice], "piece of advice", "pieces of advice")
}
