package model

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"lockwire/engine"
	"lockwire/ui/text"
)

const (
	// refusalsOf is how far back a refused session needs attention.
	refusalsOf = 24 * time.Hour
	// refusalsEvery is how often they are read, and maximumRefusals how many receipts of them.
	refusalsEvery   = 15 * time.Second
	maximumRefusals = 200
)

// readRefusals gives the newest receipts of what was refused in the last day.
func readRefusals(ctx context.Context, admin engine.Administration, now time.Time) ([]engine.Receipt, error) {
	return admin.Receipts(ctx, engine.ReceiptQuery{State: engine.SessionRefused, From: now.Add(-refusalsOf), Limit: maximumRefusals})
}

// refusalsIn gives what was refused and has not come through since: one item for each route and source, the newest first.
func refusalsIn(state *State) []Need {
	type refusal struct{ route, source engine.ID }
	newest, counts := map[refusal]*engine.Receipt{}, map[refusal]int{}
	for i := range state.Refusals {
		r := &state.Refusals[i]
		key := refusal{r.Route, r.Source}
		if counts[key]++; newest[key] == nil || newest[key].Ended.Before(r.Ended) {
			newest[key] = r
		}
	}
	var left []*engine.Receipt
	for key, r := range newest {
		through := slices.ContainsFunc(state.Sessions, func(s engine.Session) bool {
			return s.Route == key.route && s.Source == key.source && s.Began.After(r.Ended)
		})
		if !through && RouteIn(state, key.route) != nil {
			left = append(left, r)
		}
	}
	slices.SortFunc(left, func(a, b *engine.Receipt) int { return cmp.Or(b.Ended.Compare(a.Ended), cmp.Compare(a.ID, b.ID)) })
	items := make([]Need, len(left))
	for i, r := range left {
		how := "was refused"
		if n := counts[refusal{r.Route, r.Source}]; n > 1 {
			how = fmt.Sprintf("was refused again and again (%d receipts in a day), the last time", n)
		}
		items[i] = newNeed(NeedRefused, fmt.Sprintf("%s to %s over %s %s at %s: %s", r.SourceName, r.TargetName, r.RouteName, how, text.Time(r.Ended), r.Reason), "sessions", string(r.ID))
		items[i].name = "refused " + string(r.Route) + " " + string(r.Source)
	}
	return items
}
