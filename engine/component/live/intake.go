package live

import (
	"context"
	"errors"
	"sync"
	"time"

	"lockwire/engine/component/machine"
)

// ErrQuota: a flow of a tenant whose quota is used up sent more than the requests of a restore.
var ErrQuota = errors.New("the tenant's quota is used up, and the connection sent more than a restore asks with")

// What a tenant whose quota is used up may still send to this machine's backends: the requests of restores. These are small beside what
// they bring, whatever the protocol; what else is sent, such as the setting up of TLS in the tool's connection, is small in itself.
const (
	// A flow may send requestsOfFlow, and so large a part of what it brings.
	requestsOfFlow = 64 << 10
	requestsPart   = 16
	// All flows of the tenant together may send requestsPerSecond, requestsAtOnce after a pause, and the same part of what they bring: so
	// thousands of flows make no backup. Who would send more waits.
	requestsPerSecond = 16 << 10
	requestsAtOnce    = 1 << 20
	// requestsTurn is how much is read at once.
	requestsTurn = 16 << 10
)

// Intake is what this machine takes from one tenant, over all its sessions. It is safe for concurrent use.
type Intake struct {
	clock machine.Clock

	mu       sync.Mutex
	limited  bool
	times    uint64        // how often it was limited
	lifted   chan struct{} // closed when it is limited no more
	saved    float64       // bytes that may pass; below zero, what passes later was taken already
	at       time.Time     // when saved was true
	sessions int           // and offers, that hold it in the table
}

// limit lets the tenant send requests only, or all that it likes.
func (i *Intake) limit(only bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case only && !i.limited:
		i.times++
		i.lifted, i.saved, i.at = make(chan struct{}), requestsAtOnce, i.clock.Now()
	case !only && i.limited:
		close(i.lifted)
	}
	i.limited = only
}

// save adds what time and what the flows brought give. i.mu is held.
func (i *Intake) save(brought int) {
	now := i.clock.Now()
	i.saved += max(now.Sub(i.at).Seconds(), 0)*requestsPerSecond + float64(brought)/requestsPart
	i.saved, i.at = min(i.saved, requestsAtOnce), now
}

// flow is a new flow of the tenant's.
func (i *Intake) flow() *intakeFlow { return &intakeFlow{intake: i} }

// intakeFlow holds one flow to what is taken from its tenant. It is a pump.Limiter of what the flow sends to the backend.
type intakeFlow struct {
	intake *Intake
	// Guarded by intake.mu. Both count from when the tenant was limited last.
	times         uint64
	sent, brought int
}

// begin counts anew where the tenant was limited since. i.mu is held; it tells whether it is limited.
func (f *intakeFlow) begin() bool {
	if i := f.intake; f.times != i.times {
		f.times, f.sent, f.brought = i.times, 0, 0
	}
	return f.intake.limited
}

// Burst implements pump.Limiter.
func (f *intakeFlow) Burst() int {
	f.intake.mu.Lock()
	defer f.intake.mu.Unlock()
	if f.intake.limited {
		return requestsTurn
	}
	return 0
}

// Wait implements pump.Limiter.
func (f *intakeFlow) Wait(ctx context.Context, n int) error {
	wait, lifted, err := f.take(n)
	if err != nil || wait <= 0 {
		return err
	}
	timer := f.intake.clock.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-lifted:
	case <-ctx.Done():
		f.intake.giveBack(n)
		return context.Cause(ctx)
	}
	return nil
}

// take takes n bytes, and tells how long they have to wait: for what was taken before, too.
func (f *intakeFlow) take(n int) (wait time.Duration, lifted <-chan struct{}, err error) {
	i := f.intake
	i.mu.Lock()
	defer i.mu.Unlock()
	if !f.begin() {
		return 0, nil, nil
	}
	f.sent += n
	if f.sent > requestsOfFlow+f.brought/requestsPart {
		return 0, nil, ErrQuota
	}
	i.save(0)
	i.saved -= float64(n)
	return time.Duration(-i.saved / requestsPerSecond * float64(time.Second)), i.lifted, nil
}

// giveBack gives back what was taken and has not passed.
func (i *Intake) giveBack(n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.saved = min(i.saved+float64(n), requestsAtOnce)
}

// brings counts n bytes that the flow brings to the tenant.
func (f *intakeFlow) brings(n int) {
	f.intake.mu.Lock()
	defer f.intake.mu.Unlock()
	if f.begin() {
		f.brought += n
		f.intake.save(n)
	}
}
