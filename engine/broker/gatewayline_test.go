package broker

import (
	"testing"

	"lockwire/engine"
	"lockwire/engine/wire"
)

func TestAGatewayIsToldWhatItCarries(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		none(p.gateway, (*wire.Down).GetGatewayLine) // nothing is known
		r := report("10.0.0.9")
		r.LinkSpeed = 125_000_000
		p.gateway.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(r)}})
		if line := one(p.gateway, (*wire.Down).GetGatewayLine); line.GetLimit() != 115_000_000 {
			t.Errorf("on 1 Gbit/s it is told %v", line)
		}
		set := func(limit *engine.Limit) {
			i.write(func(tx engine.Transaction) error {
				c, err := tx.Component(t.Context(), p.gateway.id)
				if err != nil {
					return err
				}
				c.LocalLimit = limit
				return tx.PutComponent(c)
			})
		}
		set(&engine.Limit{Value: 20, Unit: engine.MegabytesPerSecond})
		if line := one(p.gateway, (*wire.Down).GetGatewayLine); line.GetLimit() != 20_000_000 {
			t.Errorf("with a limit of its own it is told %v", line)
		}
		p.gateway.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(r)}})
		none(p.gateway, (*wire.Down).GetGatewayLine)
		p.gateway.again("10.0.0.9")
		if line := one(p.gateway, (*wire.Down).GetGatewayLine); line.GetLimit() != 20_000_000 {
			t.Errorf("when it attaches again it is told %v", line)
		}
		set(nil)
		if line := one(p.gateway, (*wire.Down).GetGatewayLine); line.Limit != nil {
			t.Errorf("without either it is told %v", line)
		}
		none(p.target, (*wire.Down).GetGatewayLine)
	})
}
