package engine

import "fmt"

// HeldBack is what keeps a session from carrying more at a moment. It is read off the waiting times of both its ends.
type HeldBack string

// A session that carries nothing, or of which an end does not say, is held back by nothing that is known: the empty word.
const (
	HeldByLimit     HeldBack = "limit"      // of a rule, or a component's own; the allotment says which
	HeldBySourceCPU HeldBack = "source-cpu" // the source's processor
	HeldByTargetCPU HeldBack = "target-cpu"
	HeldByNetwork   HeldBack = "network" // between the two
	HeldByTool      HeldBack = "tool"    // the backup tool at the source gives or takes no more
	HeldByBackend   HeldBack = "backend" // behind the target
)

// HeldBackWords says what holds a session back now; empty where that is not known.
func (s *Session) HeldBackWords() string {
	switch s.HeldBack {
	case HeldByLimit:
		for _, a := range s.Allotments {
			for _, c := range a.Caps {
				if c.Holds {
					return "the limit of " + c.Rule
				}
			}
		}
		return "a limit"
	case HeldBySourceCPU:
		return fmt.Sprintf("the processor of %s", s.SourceName)
	case HeldByTargetCPU:
		return fmt.Sprintf("the processor of %s", s.TargetName)
	case HeldByNetwork:
		return "the network"
	case HeldByTool:
		return "the backup tool"
	case HeldByBackend:
		return "the backend"
	}
	return ""
}
