package engine

import (
	"fmt"
	"strings"
)

const (
	// OneStream is the value with which a connection has one stream, as all have where nothing is set.
	OneStream = 1
	// MaximumStreams is how many streams one connection may have at once.
	MaximumStreams = 100
)

// checkStreams checks a number of streams; 0 takes what is set elsewhere.
func checkStreams(n int) error {
	if n < 0 || n > MaximumStreams {
		return fmt.Errorf("use 1 for a single stream, or 2 to %d", MaximumStreams)
	}
	return nil
}

// StreamsUnder is how many streams one connection over the route may have at once, under the settings.
func (r *Route) StreamsUnder(s *Settings) int {
	if r.Streams > 0 {
		return r.Streams
	}
	return max(OneStream, s.MultipleUploadStreams)
}

// StreamTraffic is one stream's part of a connection.
type StreamTraffic struct {
	Flow   uint64 `json:"flow"`   // the connection's number within the session
	Stream int    `json:"stream"` // the stream's within the connection
	// ToTarget and ToSource are bytes of the connection, the rates those of the last second.
	ToTarget     uint64 `json:"toTarget"`
	ToSource     uint64 `json:"toSource"`
	RateToTarget uint64 `json:"rateToTarget,omitempty"`
	RateToSource uint64 `json:"rateToSource,omitempty"`
}

// StreamsInWords says for each connection that several streams carry how fast it is and each of them, a line each; empty where there is none.
func (s *Session) StreamsInWords() string {
	var lines []string
	for i := 0; i < len(s.Streams); {
		flow := s.Streams[i].Flow
		var rates []uint64
		all := uint64(0)
		for ; i < len(s.Streams) && s.Streams[i].Flow == flow; i++ {
			rate := s.Streams[i].RateToTarget + s.Streams[i].RateToSource
			rates, all = append(rates, rate), all+rate
		}
		lines = append(lines, fmt.Sprintf("connection %d, %s over %s: %s", flow, RateInWords(all), CountInWords(len(rates), "stream", "streams"), RatesInWords(rates)))
	}
	return strings.Join(lines, "\n")
}
