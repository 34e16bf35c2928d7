package broker

import (
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// takeStreams takes over what the source says of the streams of a session. Their rates are those since its last word.
// b.mu is held.
func (b *Broker) takeStreams(s *live, said []*wire.StreamStats, elapsed time.Duration) {
	said = said[:min(len(said), engine.MaximumStreams)]
	before := make(map[[2]uint64]engine.StreamTraffic, len(s.shown.Streams))
	for _, stream := range s.shown.Streams {
		before[[2]uint64{stream.Flow, uint64(stream.Stream)}] = stream
	}
	var now []engine.StreamTraffic
	for _, m := range said {
		stream := engine.StreamTraffic{Flow: m.GetFlow(), Stream: int(m.GetStream()), ToTarget: min(m.GetToTarget(), maximumCount), ToSource: min(m.GetToSource(), maximumCount)}
		if was, ok := before[[2]uint64{stream.Flow, uint64(stream.Stream)}]; ok && elapsed > 0 {
			stream.RateToTarget = perSecond(grown(was.ToTarget, stream.ToTarget), elapsed)
			stream.RateToSource = perSecond(grown(was.ToSource, stream.ToSource), elapsed)
		}
		now = append(now, stream)
	}
	s.shown.Streams = now
}

// grown is by how much a count has grown; a component may say what it likes.
func grown(before, now uint64) uint64 {
	if now < before {
		return 0
	}
	return now - before
}
