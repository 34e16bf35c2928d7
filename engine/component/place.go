package component

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/control"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
)

// place is the component's place in one installation, its own or a service provider's: the broker, and the sessions that it offers.
type place struct {
	c         *Component
	directory *identity.Directory
	log       *slog.Logger

	host     *live.Host
	broker   *control.Broker
	work     *live.Work
	keys     *live.Keys
	sessions *live.Sessions
	requests *live.Requests
	offers   *live.Offers
	intakes  *live.Intakes
	notice   *live.Notice

	// discreet tells that the broker is to learn nothing of the machine.
	discreet bool

	told told // only measure uses it
}

// farewellTime is how long a component that is stopped waits for its ends to be acknowledged.
const farewellTime = 3 * time.Second

// placeConfig is what differs from place to place.
type placeConfig struct {
	directory *identity.Directory
	log       *slog.Logger
	network   machine.Network
	report    engine.Report // of the first hello
	discreet  bool
	// control completes what the control stream is made from, and live what the sessions are.
	control func(*control.Config)
	live    func(*live.Config)
	// drains says why no new session begins; nil where one may.
	drains func() error
}

// begin makes a place whose broker is not attached yet.
func (p *place) begin(c *Component, config placeConfig) {
	kept := config.directory.Attachment()
	p.c, p.directory, p.log, p.discreet, p.work, p.sessions = c, config.directory, config.log, config.discreet, live.NewWork(), live.NewSessions()
	controlling := control.Config{Directory: p.directory, Log: p.log, Clock: c.config.Clock, Network: config.network}
	config.control(&controlling)
	p.broker = control.NewBroker(controlling, config.report)
	p.host = &live.Host{
		Log: p.log, Lines: c.lines, Clock: c.config.Clock, Network: config.network, Work: p.work, Broker: brokerOfSessions{p.broker},
		Budget: c.budget, Drains: config.drains,
	}
	p.keys, p.requests = live.NewKeys(p.log), live.NewRequests(p.host)
	p.intakes, p.notice = live.NewIntakes(c.config.Clock), &live.Notice{}
	living := live.Config{
		Host: p.host, Intakes: p.intakes, Notice: p.notice, Installation: kept.Installation, Component: kept.ID, Certificate: p.broker.CertificateFor,
		Lives: c.lives, Begins: c.calibrator.Yield, Erase: c.config.erase,
	}
	config.live(&living)
	p.offers = live.NewOffers(&living, p.keys, p.sessions, p.requests)
}

// run keeps attached until ctx ends, then closes what takes connections and says farewell. life is the component's.
func (p *place) run(ctx, life context.Context, closing func()) {
	defer context.AfterFunc(life, func() { p.work.End(context.Cause(life)) })()
	var attaching sync.WaitGroup
	streaming, endStream := context.WithCancelCause(p.work.Life())
	attaching.Go(func() { p.broker.Run(ctx, streaming) })
	<-ctx.Done()
	closing()
	p.sessions.CutAll(live.ErrStopped.Error())
	p.sayFarewell()
	endStream(live.ErrStopped)
	attaching.Wait()
	p.work.Finish(live.ErrStopped)
	p.sessions.DestroyAll()
	p.keys.DropAll()
}

// sayFarewell waits until all ends have been acknowledged, for a while.
func (p *place) sayFarewell() {
	timer := p.c.config.Clock.NewTimer(farewellTime)
	defer timer.Stop()
	select {
	case <-p.sessions.WhenEmpty():
	case <-timer.C():
	case <-p.work.Life().Done():
	}
}
