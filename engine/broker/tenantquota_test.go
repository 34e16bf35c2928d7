package broker

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

func quota(bytes uint64) func(*engine.Tenant) { return func(t *engine.Tenant) { t.Quota = bytes } }

// Over its quota a tenant keeps what it has and begins more, so that it can restore; its repositories hold it to that, and it reads why.
func TestATenantOverItsQuotaMayOnlyRestore(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		running := p.live() // 1,000 bytes
		heard(p.gateway, (*wire.Down).GetTunnelCut)
		began := time.Now()
		i.changeTenant(p.customer.tenant, quota(500))
		if told := one(p.target, (*wire.Down).GetRestoresOnly); !told.GetRestoresOnly() || !bytes.Equal(told.GetTenant(), wire.IDBytes(p.customer.tenant)) {
			t.Errorf("the repository is told %v", told)
		}
		if told := one(p.source, (*wire.Down).GetRestoresOnly); !told.GetRestoresOnly() || !strings.Contains(told.GetReason(), "quota of 500 B") || len(told.GetTenant()) > 0 {
			t.Errorf("the tenant's component is told %v", told)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
		none(p.source, (*wire.Down).GetCut)
		none(p.gateway, (*wire.Down).GetTunnelCut)
		if key := keyIDOf(p.source.certificate); !p.gateway.asks(key, running).GetAllowed() {
			t.Error("the gateway lets no join through")
		}
		if _, target := p.offers(); !target.GetRestoresOnly() || !bytes.Equal(target.GetTenant(), wire.IDBytes(p.customer.tenant)) {
			t.Errorf("a new session is offered to the repository as %v", target)
		}

		i.changeTenant(p.customer.tenant, quota(5000))
		for _, end := range []*agent{p.target, p.source} {
			if told := one(end, (*wire.Down).GetRestoresOnly); told.GetRestoresOnly() || told.GetReason() != "" {
				t.Errorf("%s is told %v", end.name, told)
			}
		}
		if source, target := p.offers(); target.GetRestoresOnly() || source.GetRestoresOnly() || len(source.GetTenant()) > 0 {
			t.Errorf("a new session is offered as %v and %v", source, target)
		}
	})
}

// A repository that is away when the quota is used up cannot be told. Nothing goes there through a gateway until it has been.
func TestNothingGoesToARepositoryThatDoesNotKnowOfTheQuota(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		running, key := p.live(), keyIDOf(p.source.certificate)
		p.target.connection.Close()
		heard(p.gateway, (*wire.Down).GetTunnelCut)
		i.changeTenant(p.customer.tenant, quota(500))
		if cut := one(p.gateway, (*wire.Down).GetTunnelCut); !bytes.Equal(cut.GetSession(), wire.IDBytes(running)) {
			t.Errorf("the gateway cuts %v", cut)
		}
		if p.gateway.asks(key, running).GetAllowed() {
			t.Error("a join is let through to a repository that takes everything")
		}
		p.target.again("10.0.0.3", carries(wire.IDBytes(running), wire.Side_SIDE_TARGET, 1000))
		if told := one(p.target, (*wire.Down).GetRestoresOnly); !told.GetRestoresOnly() {
			t.Errorf("the repository is told %v", told)
		}
		if !p.gateway.asks(key, running).GetAllowed() {
			t.Error("no join is let through to a repository that knows")
		}

		p.target.connection.Close() // what it knows it goes on with
		none(p.gateway, (*wire.Down).GetTunnelCut)
		if !p.gateway.asks(key, running).GetAllowed() {
			t.Error("no join is let through to a repository that knew")
		}
	})
}

// A broker that is started again lets a gateway's tunnels go on: their target knows already, and is told again once it attaches.
func TestARestoreOverTheQuotaOutlivesABrokerThatIsStartedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		running, key := p.live(), keyIDOf(p.source.certificate)
		i.changeTenant(p.customer.tenant, quota(500))
		settle()
		i.stop()
		i.start()
		gateway := p.gateway.holder.prepare()
		gateway.hello(report("10.0.0.9"))
		if !gateway.asks(key, running).GetAllowed() {
			t.Error("the gateway that asks again has to cut it")
		}
		target := p.target.holder.prepare()
		target.hello(report("10.0.0.3"), carries(wire.IDBytes(running), wire.Side_SIDE_TARGET, 1000))
		if told := one(target, (*wire.Down).GetRestoresOnly); !told.GetRestoresOnly() {
			t.Errorf("the repository is told %v", told)
		}
	})
}

func TestAComponentOfATenantOverItsQuotaIsToldWhenItAttaches(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.provider()
		p.live()
		i.changeTenant(p.customer.tenant, quota(500))
		again := p.customer.machine().attach()
		if told := one(again, (*wire.Down).GetRestoresOnly); !told.GetRestoresOnly() || !strings.Contains(told.GetReason(), "quota") {
			t.Errorf("it is told %v", told)
		}
	})
}
