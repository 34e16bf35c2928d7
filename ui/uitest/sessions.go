package uitest

import (
	"time"

	"lockwire/engine"
)

// LiveSession is a session that carries 1 Gbit/s.
func LiveSession(mode engine.Mode) engine.Session {
	s := engine.Session{ID: engine.NewID(), SourceName: "fileserver", TargetName: "vault", RouteName: "nightly", State: engine.SessionLive, Began: Moment.Add(-90 * time.Second), Flows: 2}
	s.Decision.Mode, s.Decision.By = mode, engine.ByNone
	s.Traffic = engine.Traffic{ToTarget: 2_000_000_000, RateToTarget: 125_000_000, SourceCPU: time.Second, TargetCPU: time.Second}
	s.Key.Made = s.Began
	return s
}

// EndedSession is a receipt of a stage's route.
func EndedSession(mode engine.Mode, state engine.SessionState, ended time.Time, bytes uint64) engine.Receipt {
	r := engine.Receipt{ID: engine.NewID(), Route: "route", RouteName: "nightly", Source: "source", SourceName: "fileserver", Target: "target", TargetName: "vault",
		Began: ended.Add(-time.Minute), Ended: ended, State: state, Reason: "the backend does not answer"}
	r.Decision.Mode, r.Traffic.ToTarget = mode, bytes
	return r
}
