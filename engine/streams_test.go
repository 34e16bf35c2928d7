package engine

import (
	"errors"
	"testing"
)

func TestARoutesNumberOfStreamsGoesBeforeTheSetting(t *testing.T) {
	for _, c := range []struct{ route, setting, want int }{{0, 0, 1}, {0, 1, 1}, {0, 5, 5}, {1, 5, 1}, {7, 5, 7}, {7, 0, 7}} {
		route, settings := Route{Streams: c.route}, Settings{MultipleUploadStreams: c.setting}
		if got := route.StreamsUnder(&settings); got != c.want {
			t.Errorf("route %d, setting %d: %d, want %d", c.route, c.setting, got, c.want)
		}
	}
}

func TestNumbersOfStreamsThatAreRefused(t *testing.T) {
	for n, ok := range map[string]bool{"0": true, "1": true, "2": true, "100": true, "101": false, "-1": false, "many": false} {
		var settings Settings
		err := settings.Set("MultipleUploadStreams", n)
		if field := (*FieldError)(nil); (err == nil) != ok || err != nil && !errors.As(err, &field) {
			t.Errorf("%s: %v", n, err)
		}
	}
	route := Route{Name: "far", Sources: []ID{NewID()}, Listen: "127.0.0.1:8000", Service: NewID(), Direction: Push}
	for n, ok := range map[int]bool{0: true, 1: true, 100: true, 101: false, -1: false} {
		route.Streams = n
		if err := route.Check(); (err == nil) != ok {
			t.Errorf("a route with %d: %v", n, err)
		}
	}
}

func TestStreamsInWords(t *testing.T) {
	s := Session{Streams: []StreamTraffic{{Flow: 1, RateToTarget: 2_000_000}, {Flow: 1, Stream: 3, RateToTarget: 1_000_000, RateToSource: 500_000}, {Flow: 9}, {Flow: 9, Stream: 1}}}
	want := "connection 1, 28.0 Mbit/s over 2 streams: 16.0, 12.0 Mbit/s\nconnection 9, 0 bit/s over 2 streams: 0, 0 bit/s"
	if got := s.StreamsInWords(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
