package broker

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// member is a component as the broker knows it. All of it is guarded by Broker.mu.
type member struct {
	// Component is the record's; report, seen-from and last-seen are newer here while the component is attached.
	engine.Component
	// attachment is nil while the component is offline.
	attachment *attachment
	load       engine.Load
	clockAhead time.Duration                 // of the component's clock, as its last stats say
	listeners  map[engine.ID]engine.Listener // by route, as reported since the component attached
	problem    string
	// worked says where the component, as a source, reached each of its targets last.
	worked   map[engine.ID]netip.AddrPort
	sessions map[engine.ID]*live
	// routes are the enabled routes of this source, as they were sent last.
	routes []engine.Route
}

func newMember(c engine.Component) *member {
	c.Report.Drain = nil // it stands there from an attachment that is over
	return &member{Component: c, sessions: map[engine.ID]*live{}, listeners: map[engine.ID]engine.Listener{}, worked: map[engine.ID]netip.AddrPort{}}
}

// online tells whether the component is attached and may be offered a session.
func (m *member) online() bool { return m != nil && m.attachment != nil && m.Revoked.IsZero() }

// send puts a message into the outbox of an attached component, and drops the component where it is full.
func (b *Broker) send(m *member, message *wire.Down) bool {
	if m == nil || m.attachment == nil {
		return false
	}
	if m.attachment.out.put(message) {
		return true
	}
	b.metrics.SlowPeers.Add(1)
	m.problem = "it does not read what the broker sends and was disconnected; it attaches again by itself"
	m.attachment.drop(status.Error(codes.ResourceExhausted, "the broker's messages were not read in time"))
	return false
}

// attachment is one control stream. What changes is guarded by Broker.mu.
type attachment struct {
	member   *member
	instance [16]byte
	// line is what a gateway was told that it carries; 0 before, and where that is not known.
	line uint64
	// key is the one that the component proved; offers name it.
	key engine.KeyID
	// tenant is whose component it was when it attached; empty for one of this installation. It never changes.
	tenant engine.ID
	group  string
	from   netip.Addr
	out    *outbox

	ended   chan struct{}
	endOnce sync.Once
	why     error // set before ended is closed
	// leavingWhy is set before the outbox is closed: the status with which the stream ends once the outbox is empty.
	leavingWhy error

	oneTime []session.OneTimePublic
	// generation is that of oneTime. Keys of another one are of a control stream that is over, and the component has dropped them.
	generation uint64
	refilled   chan struct{} // closed, and replaced, when one-time keys arrive
	requests   int           // that are being answered
	// otherMachines are targets that did not prove to be on the same machine since both attached.
	otherMachines map[*attachment]bool
	number        uint64 // of the last probe or transfer
	probes        map[uint64]chan<- *wire.ProbeResult
	transfers     map[uint64]*transfer
	// providers are those for which the component has a certificate, providerKeys who waits for a key that it makes for one.
	providers    map[engine.ID]bool
	providerKeys map[engine.ID]chan<- *wire.ProviderKey
}

func newAttachment(m *member, instance [16]byte, p front.Peer) *attachment {
	return &attachment{
		member: m, instance: instance, key: p.Key, tenant: m.Tenant, group: p.Group, from: p.Address.Addr(),
		ended: make(chan struct{}), refilled: make(chan struct{}),
		otherMachines: map[*attachment]bool{}, probes: map[uint64]chan<- *wire.ProbeResult{}, transfers: map[uint64]*transfer{},
		providers: map[engine.ID]bool{}, providerKeys: map[engine.ID]chan<- *wire.ProviderKey{},
	}
}

// drop ends the control stream with a status. Only the first call counts.
func (a *attachment) drop(why error) {
	a.endOnce.Do(func() {
		a.why = why
		close(a.ended)
	})
}

// leave ends the control stream once all that waits for the component is sent. It must be called once.
func (a *attachment) leave(why error) {
	a.leavingWhy = why
	a.out.close()
}

// refill adds one-time keys and wakes requests that wait for one. It ignores more than a component may keep here.
func (a *attachment) refill(keys []session.OneTimePublic) {
	for _, key := range keys {
		known := slices.ContainsFunc(a.oneTime, func(k session.OneTimePublic) bool { return k.ID == key.ID })
		if len(a.oneTime) >= wire.MaximumOneTimeKeys || known {
			continue
		}
		a.oneTime = append(a.oneTime, key)
	}
	close(a.refilled)
	a.refilled = make(chan struct{})
}

// takeKey takes a one-time key out of the pool; each is used once.
func (a *attachment) takeKey() session.OneTimePublic {
	key := a.oneTime[0]
	a.oneTime = slices.Delete(a.oneTime, 0, 1)
	return key
}
