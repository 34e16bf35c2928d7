package engine

import "fmt"

// ChannelVersion is the version of the data channel that this program speaks, the number in lockwire/1. Two components carry a session
// only where both speak the same one. Nothing is negotiated, so that nobody on the way can choose an older one for them.
const ChannelVersion = 1

// OtherChannelVersion says in words why two components cannot carry a session: both versions, and what to update. It is empty
// where both speak the same version of the data channel.
func OtherChannelVersion(source, target *Component) string {
	s, t := source.Report.ChannelVersion, target.Report.ChannelVersion
	switch {
	case s == 0 && t == 0:
		return fmt.Sprintf("%s and %s do not say which version of the data channel they speak: update Lockwire on both", source.Name, target.Name)
	case s == t:
		return ""
	}
	older := target
	if s < t {
		older = source
	}
	return fmt.Sprintf("%s, %s: update Lockwire on %s", speaksChannel(source), speaksChannel(target), older.Name)
}

func speaksChannel(c *Component) string {
	if c.Report.ChannelVersion == 0 {
		return c.Name + " does not say which version of the data channel it speaks"
	}
	return fmt.Sprintf("%s speaks version %d of the data channel", c.Name, c.Report.ChannelVersion)
}
