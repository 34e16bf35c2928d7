package engine

import (
	"slices"
	"time"
)

// Ending gives the live sessions of a tenant that a change of it ends, the oldest first; after is nil where it is removed. Services are those of
// the installation. Over its quota a tenant keeps its sessions: what of them stores something is reset, connection by connection.
func (t *Tenant) Ending(after *Tenant, sessions []Session, services []Service, now time.Time, zone *time.Location) (ending []EndingSession) {
	for i := range sessions {
		s := &sessions[i]
		if s.Tenant != t.ID || s.State == SessionEnded || s.State == SessionRefused || after.keeps(s, services, now, zone) {
			continue
		}
		ending = append(ending, EndingSession{ID: s.ID, Source: s.SourceName, Target: s.TargetName, Route: s.ServiceName, Bytes: s.Traffic.ToTarget + s.Traffic.ToSource})
	}
	return ending
}

// keeps tells whether a session goes on under what the tenant may do. One to a service that is not there any more ends by itself.
func (t *Tenant) keeps(s *Session, services []Service, now time.Time, zone *time.Location) bool {
	if t == nil || t.Disabled || t.IsOver(now, zone) {
		return false
	}
	leads := func(service Service) bool { return service.Target == s.Target && service.Backend == s.Backend }
	return !slices.ContainsFunc(services, leads) ||
		slices.ContainsFunc(services, func(service Service) bool { return leads(service) && slices.Contains(t.Services, service.ID) })
}
