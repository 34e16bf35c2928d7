package tunnel

import (
	"lockwire/engine"
	"lockwire/engine/pump"
	"lockwire/engine/throttle"
)

// line is what the gateway's sessions share, each way by itself.
type line struct{ toTargets, toTenants *throttle.Shares[engine.ID] }

func newLine() line {
	return line{throttle.NewShares[engine.ID](), throttle.NewShares[engine.ID]()}
}

func (l line) set(bytesPerSecond uint64) {
	l.toTargets.SetLimit(bytesPerSecond)
	l.toTenants.SetLimit(bytesPerSecond)
}

// join has a connection of a tenant's session take its turns. leave must be called once it is over.
func (l line) join(tenant, session engine.ID, options *pump.Options) (leave func()) {
	toTarget, leaveTargets := l.toTargets.Join(tenant, session)
	toTenant, leaveTenants := l.toTenants.Join(tenant, session)
	options.ToRemote, options.ToLocal = toTarget, toTenant
	return func() {
		leaveTargets()
		leaveTenants()
	}
}
