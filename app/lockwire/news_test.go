package main

import (
	"testing"
	"time"

	"lockwire/ui/model"
)

func TestANotificationComesOnlyForNewsAndNotOften(t *testing.T) {
	needs := func(things ...string) model.Standing {
		return model.Standing{Outlook: model.NeedsAttention, Things: things}
	}
	gone := model.Standing{Outlook: model.NoBroker, Things: []string{"broker"}}
	type look struct {
		after    time.Duration // the one before
		standing model.Standing
		told     bool
	}
	for _, test := range []struct {
		name  string
		looks []look
	}{
		{"what is there at the start is no news", []look{{0, needs("a"), false}, {time.Second, needs("a"), false}}},
		{"something new", []look{{0, model.Standing{}, false}, {time.Second, needs("a"), true}, {time.Second, needs("a"), false}}},
		{"more within the pause", []look{{0, model.Standing{}, false}, {time.Second, needs("a"), true}, {time.Minute, needs("a", "b"), false}, {newsPause, needs("a", "b"), false}}},
		{"more after the pause", []look{{0, model.Standing{}, false}, {time.Second, needs("a"), true}, {newsPause, needs("a", "b"), true}}},
		{"what went and came again", []look{{0, needs("a"), false}, {time.Second, model.Standing{}, false}, {time.Second, needs("a"), true}}},
		{"a broker that is lost, and found as it was", []look{{0, needs("a"), false}, {time.Second, gone, true}, {newsPause, needs("a"), false}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var n news
			now := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
			for i, look := range test.looks {
				now = now.Add(look.after)
				if told := n.of(look.standing, now); told != look.told {
					t.Errorf("look %d: told %v", i, told)
				}
			}
		})
	}
}
