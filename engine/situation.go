package engine

import (
	"context"
	"errors"
	"time"
)

// errSeen ends a watch after its first snapshot.
var errSeen = errors.New("seen")

// SituationOf reads what findings are found in, as it is at this moment.
func SituationOf(ctx context.Context, a Administration, question CheckQuestion) (*Situation, error) {
	s := &Situation{Low: map[ID]bool{}}
	err := a.Watch(ctx, time.Second, func(snapshot Snapshot) error {
		s.Snapshot = snapshot
		return errSeen
	})
	if !errors.Is(err, errSeen) {
		return nil, err
	}
	for i := range s.Components {
		c := &s.Components[i]
		s.Low[c.ID] = c.Headroom.IsLow()
	}
	if err := s.ReadRecord(ctx, a); err != nil {
		return nil, err
	}
	checked, err := a.Check(ctx, question)
	s.Checked = &checked
	return s, err
}

// ReadRecord reads of the record what findings need besides a snapshot.
func (s *Situation) ReadRecord(ctx context.Context, a Administration) (err error) {
	if s.Rules, err = a.RuleSet(ctx); err != nil {
		return err
	}
	if s.Administrators, err = a.Administrators(ctx); err != nil {
		return err
	}
	s.Refusals, err = a.Receipts(ctx, RefusalsQuery(s.When))
	return err
}
