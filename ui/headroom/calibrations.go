package headroom

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// calibrationPatience is the wait for a component to measure itself. It takes a few seconds; a component on
// which a session begins meanwhile measures later.
const calibrationPatience = time.Minute

// calibrations follows the components that measure their processors on request, until their results arrive.
type calibrations struct {
	console *page.Console
	changed func()
	now     time.Time
	orders  map[engine.ID]*calibrationOrder
}

// calibrationOrder is one requested measurement and its progress.
type calibrationOrder struct {
	ordered time.Time
	before  time.Time // of the previous result; zero for none
	came    bool
	late    bool
	refused error
}

// order makes a component measure itself.
func (k *calibrations) order(c *engine.ComponentStatus) {
	id, order := c.ID, &calibrationOrder{ordered: k.now, before: calibratedAt(c)}
	if before := k.orders[id]; before != nil && before.waits() {
		return
	}
	if k.orders == nil {
		k.orders = map[engine.ID]*calibrationOrder{}
	}
	k.orders[id] = order
	k.changed()
	k.console.Background(func(ctx context.Context) error { return k.console.Admin.Calibrate(ctx, id) }, func(err error) {
		order.refused = err
		k.changed()
	})
}

func (o *calibrationOrder) waits() bool { return !o.came && !o.late && o.refused == nil }

// update looks for new results.
func (k *calibrations) update(state *model.State) {
	k.now = state.When
	for id, order := range k.orders {
		c := model.ComponentIn(state, id)
		switch {
		case c == nil:
			delete(k.orders, id)
		case !order.came && !calibratedAt(c).Equal(order.before): // not later: a component's clock may have been set back
			order.came = true
		case order.waits() && state.When.Sub(order.ordered) > calibrationPatience:
			order.late = true
		}
	}
}

// calibrationWords describe an order; empty for none.
type calibrationWords struct {
	text  string
	waits bool
	bad   bool
}

func (k *calibrations) words(c *engine.ComponentStatus) calibrationWords {
	order := k.orders[c.ID]
	switch {
	case order == nil:
		return calibrationWords{}
	case order.came:
		return calibrationWords{text: "Measured anew, " + text.Age(calibratedAt(c), k.now) + " ago."}
	case errors.Is(order.refused, engine.ErrInUse):
		return calibrationWords{bad: true, text: c.Name + " carries a session: it is measured only while it carries none, so that no backup becomes slower. Try again when it is idle."}
	case errors.Is(order.refused, engine.ErrOffline):
		return calibrationWords{bad: true, text: c.Name + " is offline, so it cannot measure itself."}
	case order.refused != nil:
		return calibrationWords{bad: true, text: c.Name + " was not measured: " + order.refused.Error()}
	case order.late:
		return calibrationWords{bad: true, text: fmt.Sprintf("%s has not measured itself within %s. Sessions come first: it measures as soon as it is idle.", c.Name, text.Age(order.ordered, order.ordered.Add(calibrationPatience)))}
	}
	return calibrationWords{waits: true, text: "It measures its processor; that takes some seconds."}
}

// calibratedAt is when a component was measured last; zero for never.
func calibratedAt(c *engine.ComponentStatus) time.Time {
	if c.Report.Calibration == nil {
		return time.Time{}
	}
	return c.Report.Calibration.When
}
