package live

import (
	"testing"
	"time"

	"lockwire/engine/session"
)

func TestProcessorTimeIsApportionedByBytes(t *testing.T) {
	one, two, idle := &Session{Offer: &Offer{Side: session.Source}}, &Session{Offer: &Offer{Side: session.Target}}, &Session{Offer: &Offer{Side: session.Source}}
	one.Counters.ToRemote.Add(300)
	two.Counters.ToLocal.Add(50)
	two.Counters.ToRemote.Add(50)
	Apportion([]*Session{one, two, idle}, 4*time.Second)
	if one.cpu != 3*time.Second || two.cpu != time.Second || idle.cpu != 0 {
		t.Errorf("%v, %v, %v", one.cpu, two.cpu, idle.cpu)
	}
	Apportion([]*Session{one, two, idle}, time.Second) // nothing moved: nobody's
	two.Counters.ToLocal.Add(50)
	Apportion([]*Session{one, two, idle}, 0) // the time is not known
	two.Counters.ToLocal.Add(1)
	Apportion([]*Session{one, two, idle}, time.Second)
	if one.cpu != 3*time.Second || two.cpu != 2*time.Second {
		t.Errorf("%v, %v", one.cpu, two.cpu)
	}
	if toTarget, toSource := two.bytes(); toTarget != 101 || toSource != 50 {
		t.Errorf("at the target %d bytes came and %d went", toTarget, toSource)
	}
}
