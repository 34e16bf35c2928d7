package text

import (
	"fmt"
	"strings"

	"lockwire/engine"
)

// Load writes the load of a component's machine; empty if unknown.
func Load(c *engine.ComponentStatus) string {
	if !c.Online || len(c.Load.Cores) == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %% of %s, %s of a core by the agent", 100*c.Load.Mean(), Count(len(c.Load.Cores), "core", "cores"), Decimal(c.Load.Agent, 2))
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
	return Number(n)
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
