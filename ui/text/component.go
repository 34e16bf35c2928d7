package text

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"lockwire/engine"
)

// Load writes the load of a component's machine; empty if unknown.
func Load(c *engine.ComponentStatus) string {
	if !c.Online || len(c.Load.Cores) == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %% of %s, %.2f of a core by the agent", 100*c.Load.Mean(), Count(len(c.Load.Cores), "core", "cores"), c.Load.Agent)
}

// Processor writes a processor and its cores.
func Processor(p engine.Processor) string {
	if p.Cores == 0 {
		return p.Name
	}
	return strings.TrimPrefix(p.Name+", ", ", ") + Count(p.Cores, "core", "cores")
}

// NumberUnlessNone writes a count; empty for 0.
func NumberUnlessNone(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// AES writes the AES instructions of a component's processor.
func AES(c *engine.ComponentStatus) string {
	switch {
	case c.Report.Processor.HasAES():
		return strings.Join(c.Report.Processor.AES, ", ")
	case c.Report.Version == "":
		return "" // it has never reported
	}
	return "none: ChaCha20 is used"
}

// Day writes the day of a time in the local zone; nothing for the zero time.
func Day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02")
}
