package wire

import (
	"math"

	"lockwire/engine"
)

// Bounds on what a component may say of costs and speeds.
const (
	maximumCosts   = 8       // two sides in two modes, and room
	maximumCost    = 1e6     // CPU seconds per GB, or cores
	maximumSpeed   = 1 << 50 // bytes per second
	maximumThreads = 1 << 16
	// maximumMoment is the last moment that JSON can say; one time beyond it would keep whatever it stands in from being
	// stored or shown.
	maximumMoment = 253_402_300_799_999 // milliseconds
)

// FromCalibration writes a calibration for the wire; nil stays nil.
func FromCalibration(c *engine.Calibration) *Calibration {
	if c == nil {
		return nil
	}
	return &Calibration{
		When: Milliseconds(c.When), Processor: c.Processor, Build: c.Build, Cipher: FromCipher(c.Cipher),
		One: fromSpeeds(c.One), All: fromSpeeds(c.All), Costs: FromCosts(c.Costs),
	}
}

func fromSpeeds(s engine.Speeds) *Speeds {
	return &Speeds{Threads: uint32(s.Threads), Seal: s.Seal, Open: s.Open, Relay: s.Relay}
}

// Engine checks a calibration and gives it in engine's terms; nil stays nil.
func (c *Calibration) Engine() (*engine.Calibration, error) {
	if c == nil {
		return nil, nil
	}
	if len(c.Processor) > maximumText || len(c.Build) > maximumText {
		return nil, malformed("a calibration with a long text")
	}
	if c.When < 0 || c.When > maximumMoment {
		return nil, malformed("a calibration of no moment")
	}
	cipher, err := c.Cipher.Engine()
	if err != nil {
		return nil, err
	}
	costs, err := Costs(c.Costs)
	if err != nil {
		return nil, err
	}
	for i := range costs {
		costs[i].Origin = engine.MeasuredByCalibration
	}
	return &engine.Calibration{
		When: Time(c.When), Processor: engine.Printable(c.Processor), Build: engine.Printable(c.Build), Cipher: cipher, One: c.One.engine(), All: c.All.engine(), Costs: costs,
	}, nil
}

func (s *Speeds) engine() engine.Speeds {
	return engine.Speeds{
		Threads: int(min(s.GetThreads(), maximumThreads)),
		Seal:    min(s.GetSeal(), maximumSpeed), Open: min(s.GetOpen(), maximumSpeed), Relay: min(s.GetRelay(), maximumSpeed),
	}
}

// FromCosts writes costs for the wire.
func FromCosts(costs []engine.EndCost) []*EndCost {
	var messages []*EndCost
	for _, c := range costs {
		side := Side_SIDE_SOURCE
		if c.Side == engine.TargetEnd {
			side = Side_SIDE_TARGET
		}
		messages = append(messages, &EndCost{Side: side, Mode: FromMode(c.Mode), PerGb: c.PerGB, Error: c.Error, Bytes: c.Bytes, Fixed: c.Fixed})
	}
	return messages
}

// Costs checks costs and gives them in engine's terms. How they were measured is for the caller to say.
func Costs(messages []*EndCost) ([]engine.EndCost, error) {
	if len(messages) > maximumCosts {
		return nil, malformed("%d costs", len(messages))
	}
	var costs []engine.EndCost
	for _, m := range messages {
		mode, err := m.GetMode().Engine()
		if err != nil {
			return nil, err
		}
		side := engine.SourceEnd
		switch m.GetSide() {
		case Side_SIDE_SOURCE:
		case Side_SIDE_TARGET:
			side = engine.TargetEnd
		default:
			return nil, malformed("a cost of no end")
		}
		if !sensible(m.GetPerGb()) || !sensible(m.GetError()) || !sensible(m.GetFixed()) {
			return nil, malformed("a cost that is no number")
		}
		costs = append(costs, engine.EndCost{Side: side, Mode: mode, Cost: engine.Cost{PerGB: m.GetPerGb(), Fixed: m.GetFixed(), Error: m.GetError(), Bytes: m.GetBytes()}})
	}
	return costs, nil
}

func sensible(cost float64) bool { return !math.IsNaN(cost) && cost >= 0 && cost <= maximumCost }
