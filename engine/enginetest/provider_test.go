package enginetest

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/record"
	"lockwire/engine/tunnel"
)

// tenancy is a service provider with a gateway and a repository that only the gateway reaches, and an installation that is its tenant, with a
// machine that sends copies of its backups there.
type tenancy struct {
	provider, own       *Installation
	gateway, repository *Component
	source              *Component
	backend             *Echo
	// outside is the network between both, inside the one between gateway and repository.
	outside, inside *Tap
	gateways        []string
	options         tenancyOptions
	tenant          engine.Tenant
	linked          engine.ProviderStatus
	service         engine.Service // the provider's
	route           engine.Route   // the tenant's
}

// newTenancy goes from two installations that know nothing of each other to a route on which the tenant's machine listens.
func newTenancy(t *testing.T) *tenancy {
	t.Helper()
	return newTenancyWith(t, tenancyOptions{})
}

// tenancyOptions are how a tenancy differs from the usual one.
type tenancyOptions struct {
	secondGateway bool
	unjoined      bool // nobody waits until the tenant's machine has joined
	// Clocks that are nil are the system's.
	sourceClock, gatewayClock, repositoryClock machine.Clock
	// The brokers' clocks are set forward by that much, from before they know each other.
	ownForward, providerForward time.Duration
}

// newTenancyWith is newTenancy with options.
func newTenancyWith(t *testing.T, options tenancyOptions) *tenancy {
	t.Helper()
	ctx := context.Background()
	w := &tenancy{provider: New(t), backend: NewEcho(t), options: options}

	door, dataPort := FreeAddress(t), FreeAddress(t)
	w.outside, w.inside = NewTap(t, door), NewTap(t, dataPort)
	w.gateway = w.provider.Join(Machine{Name: "gateway", Role: engine.ProviderGateway, Addresses: []string{"203.0.113.1"}, Listen: door, Clock: options.gatewayClock})
	gateways := []string{w.outside.Address()}
	if options.secondGateway {
		second := FreeAddress(t)
		w.provider.Join(Machine{Name: "second gateway", Role: engine.ProviderGateway, Addresses: []string{"203.0.113.3"}, Listen: second})
		gateways = append(gateways, second)
	}
	w.repository = w.provider.Join(Machine{Name: "vault", Role: engine.Repository, Addresses: []string{"203.0.113.2"}, AllowBackends: []string{w.backend.Address()}, Listen: dataPort, Advertise: w.inside.Address(), Clock: options.repositoryClock})
	var err error
	if w.service, err = w.provider.Admin.PutService(ctx, engine.Service{Name: "restic", Target: w.repository.ID, Backend: w.backend.Address()}); err != nil {
		t.Fatal(err)
	}
	w.gateways = gateways
	w.provider.SetForward.Store(int64(options.providerForward))
	w.become(t, "Example")
	return w
}

// become makes an installation of its own a tenant of the provider, with a route on which its machine listens.
func (w *tenancy) become(t *testing.T, name string) {
	t.Helper()
	ctx := context.Background()
	w.own = New(t)
	var err error
	if w.tenant, err = w.provider.Admin.PutTenant(ctx, engine.Tenant{Name: name, Services: []engine.ID{w.service.ID}}); err != nil {
		t.Fatal(err)
	}
	link, err := w.provider.Admin.LinkTenant(ctx, engine.LinkRequest{Tenant: w.tenant.ID, Gateways: w.gateways})
	if err != nil {
		t.Fatal(err)
	}

	w.source = w.own.Join(Machine{Name: "files", Addresses: []string{"203.0.113.9"}, Clock: w.options.sourceClock})
	w.own.SetForward.Store(int64(w.options.ownForward))
	if w.linked, err = w.own.Admin.AddProvider(ctx, engine.ProviderLink{Name: "Deep Vault", Link: link.Text}); err != nil {
		t.Fatal(err)
	}
	w.own.Wait("the tenant is pending", func() bool { return w.status().State == engine.TenantPending })
	if err := w.provider.Admin.ConfirmTenant(ctx, w.tenant.ID, w.status().Key); err != nil {
		t.Fatal(err)
	}
	w.own.Wait("the tenant is active", func() bool { return w.status().State == engine.TenantActive })
	if w.options.unjoined {
		w.listen(t)
	} else {
		w.makeRoute(t)
	}
}

// another is another tenant of the same provider.
func (w *tenancy) another(t *testing.T) *tenancy {
	t.Helper()
	other := *w
	other.become(t, "Another")
	return &other
}

// makeRoute makes the tenant's route to the provider's service, and waits until its machine has joined there.
func (w *tenancy) makeRoute(t *testing.T) {
	t.Helper()
	w.listen(t)
	w.provider.Wait("the tenant's machine is attached", func() bool {
		return strings.Contains(w.provider.Log.String(), `msg="component attached" who=broker component="`+w.tenant.Name+` 1"`)
	})
	w.own.Wait("the tenant's machine has joined", func() bool { return w.status().Components == 1 })
}

// listen makes the tenant's route to the provider's service, and waits until its machine listens.
func (w *tenancy) listen(t *testing.T) {
	t.Helper()
	service, err := w.own.Admin.PutService(context.Background(), engine.Service{Name: "copies", Provider: w.linked.ID, Remote: w.service.ID})
	if err != nil {
		t.Fatal(err)
	}
	w.route = engine.Route{Name: "off site", Sources: []engine.ID{w.source.ID}, Listen: FreeAddress(t), Service: service.ID, Direction: engine.Push, Enabled: true, LingerSeconds: 1}
	w.route = *w.own.Apply(engine.Change{PutRoute: &engine.RouteEdit{Route: w.route}}).Route
	w.own.Wait("the route is listened on", func() bool {
		for _, status := range w.own.Broker.Routes() {
			if status.ID == w.route.ID {
				return len(status.Listeners) == 1 && status.Listeners[0].State == engine.ListenerUp
			}
		}
		return false
	})
}

// status is how the tenant stands with its provider.
func (w *tenancy) status() engine.ProviderStatus {
	for _, one := range w.own.Broker.Providers() {
		if one.ID == w.linked.ID {
			return one
		}
	}
	return engine.ProviderStatus{}
}

// atProvider is where the tenant's machine keeps its key for the provider.
func (w *tenancy) atProvider() string {
	return filepath.Join(w.source.Folder, "attachments", string(w.own.Authority.Installation()), "providers", string(w.linked.ID))
}

// tenantStatus is how the provider sees the tenant.
func (w *tenancy) tenantStatus(t *testing.T) engine.TenantStatus {
	t.Helper()
	all, err := w.provider.Admin.Tenants(context.Background())
	at := slices.IndexFunc(all, func(one engine.TenantStatus) bool { return one.ID == w.tenant.ID })
	if err != nil || at < 0 {
		t.Fatalf("the tenant is not among %d, %v", len(all), err)
	}
	return all[at]
}

// edit changes the tenant at the provider.
func (w *tenancy) edit(t *testing.T, change func(*engine.Tenant)) {
	t.Helper()
	edited := w.tenantStatus(t).Tenant
	change(&edited)
	if _, err := w.provider.Admin.PutTenant(context.Background(), edited); err != nil {
		t.Fatal(err)
	}
}

func (w *tenancy) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	return (&pair{route: w.route}).dial(t)
}

// mustReset expects an error on a connection, never an end in order.
func mustReset(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := io.ReadAll(conn); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the connection ended with %v", err)
	}
}

// plainly is what must not be read anywhere between the ends.
const plainly = "this is what nobody on the way may read"

func TestABackupToAServiceProvider(t *testing.T) {
	t.Parallel()
	w := newTenancy(t)
	var running sync.WaitGroup
	sent := []byte(strings.Repeat(plainly, 40_000))
	for range 3 {
		conn := w.dial(t)
		running.Go(func() {
			go func() {
				_, _ = conn.Write(sent)
				_ = conn.CloseWrite()
			}()
			if got, err := io.ReadAll(conn); err != nil || string(got) != string(sent) {
				t.Errorf("%d of %d bytes came back, %v", len(got), len(sent), err)
			}
		})
	}
	running.Wait()
	if got := w.backend.Connections(); got != 3 {
		t.Errorf("%d connections at the backend", got)
	}
	theirs, ours := w.provider.WaitReceipts(1), w.own.WaitReceipts(1)
	if len(theirs) != 1 || len(ours) != 1 {
		t.Fatalf("%d receipts at the provider, %d at the tenant", len(theirs), len(ours))
	}
	there, here := theirs[0], ours[0]
	if there.ID != here.ID {
		t.Errorf("the provider's receipt is of session %s, the tenant's of %s", there.ID, here.ID)
	}
	for who, receipt := range map[string]engine.Receipt{"the provider's": there, "the tenant's": here} {
		if receipt.Decision.Mode != engine.Sealed || receipt.Decision.By != engine.ByProviderGateway {
			t.Errorf("%s receipt says %v by %v", who, receipt.Decision.Mode, receipt.Decision.By)
		}
		if total := uint64(3 * len(sent)); receipt.Traffic.ToTarget != total || receipt.Traffic.ToSource != total {
			t.Errorf("%s receipt has %d and %d bytes, of %d", who, receipt.Traffic.ToTarget, receipt.Traffic.ToSource, total)
		}
		if receipt.Key.DestroyedSource.IsZero() {
			t.Errorf("%s receipt does not say when the key was destroyed at the source", who)
		}
	}
	if there.Tenant != w.tenant.ID || there.TenantName != "Example" || there.TargetName != "vault" || there.SourceName == "files" {
		t.Errorf("the provider's receipt is of tenant %q, from %q to %q", there.TenantName, there.SourceName, there.TargetName)
	}
	if here.Provider != w.linked.ID || here.SourceName != "files" || here.TargetName != "Deep Vault" || here.Target != "" {
		t.Errorf("the tenant's receipt is from %q to %q", here.SourceName, here.TargetName)
	}
	if match, err := record.MatchReceipts(ours, theirs); err != nil || match.Compared != 1 || len(match.Differences) > 0 {
		t.Errorf("the receipts of both sides: %+v, %v", match, err)
	}
	for where, tap := range map[string]*Tap{"outside of the gateway": w.outside, "behind the gateway": w.inside} {
		count, found := tap.Passed(plainly[:16])
		if count < 6*len(sent) || found {
			t.Errorf("%s %d bytes passed; plain among them: %v", where, count, found)
		}
	}
	if count, found := w.outside.Passed(string(w.own.Authority.Installation())); count == 0 || found {
		t.Errorf("who listens outside learns of the tenant's installation: %v", found)
	}
	for _, i := range []*Installation{w.own, w.provider} {
		i.StopBroker() // whose connections end in the middle of nothing
	}
	w.source.Stop()
	w.gateway.Stop()
	w.outside.mustBeTLS(t)
	if strings.Count(w.own.Log.String(), "target proven") != 1 {
		t.Error("not one handshake for all three connections")
	}
}

func TestASessionAtAServiceProviderIsSealedWhateverTheOverrideSays(t *testing.T) {
	t.Parallel()
	w := newTenancy(t)
	for _, i := range []*Installation{w.provider, w.own} {
		i.Apply(engine.Change{Setting: &engine.SettingChange{Name: engine.OverrideSetting, Value: "1"}})
	}
	ping(t, w.dial(t), "sealed")
	for _, i := range []*Installation{w.provider, w.own} {
		if sessions := i.Broker.Sessions(); len(sessions) != 1 || sessions[0].Decision.Mode != engine.Sealed {
			t.Errorf("the sessions are %+v", sessions)
		}
	}
}

func TestARouteToAServiceProviderIsTestedThroughTheTunnel(t *testing.T) {
	t.Parallel()
	w := newTenancy(t)
	const size = 3<<20 + 5
	results, err := w.own.Admin.TestRoute(context.Background(), engine.RouteTest{Route: w.route.ID, Bytes: size, Compare: true, Connect: true})
	if err != nil || len(results) != 1 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	r := results[0]
	if !r.Good() || !r.DataPort || r.Endpoint != w.outside.Address() || r.Mode != engine.Sealed || r.Bytes != size || r.Other != nil {
		t.Errorf("the test gave %+v", r)
	}
	if r.TargetCPU != 0 {
		t.Error("a tenant learns how busy the provider's repository is")
	}
	if got := w.backend.Connections(); got != 0 {
		t.Errorf("the test connected %d times with the backend", got)
	}
	for who, i := range map[string]*Installation{"the tenant's": w.own, "the provider's": w.provider} {
		if receipt := i.WaitReceipts(1)[0]; !receipt.Test || receipt.Decision.Mode != engine.Sealed || receipt.Traffic.ToTarget != size {
			t.Errorf("%s receipt is %+v", who, receipt)
		}
	}
	if count, _ := w.inside.Passed(plainly[:16]); count < size {
		t.Errorf("%d bytes went to the repository", count)
	}
	ping(t, w.dial(t), "a tool's connection afterwards")
}

func TestTheFirstConnectionWaitsUntilTheMachineHasJoined(t *testing.T) {
	t.Parallel()
	w := newTenancyWith(t, tenancyOptions{unjoined: true})
	ping(t, w.dial(t), "at once")
}

func TestADisabledTenantIsCutAndReadsWhy(t *testing.T) {
	t.Parallel()
	w := newTenancy(t)
	conn := w.dial(t)
	ping(t, conn, "before")
	w.edit(t, func(edited *engine.Tenant) { edited.Disabled = true })
	mustReset(t, conn)
	w.own.Wait("the tenant knows", func() bool { return w.status().State == engine.TenantDisabled })
	// The session that was cut may still be ending: a connection that meets it there is reset, and the next one is refused in words.
	w.own.Wait("the receipt of the refusal has the reason", func() bool {
		if err := attempt(w.route.Listen, "while disabled"); err == nil {
			t.Error("a disabled tenant was served")
		}
		for _, receipt := range w.own.Receipts() {
			if strings.Contains(receipt.Reason, "has turned this installation off") {
				return true
			}
		}
		return false
	})
	w.edit(t, func(edited *engine.Tenant) { edited.Disabled = false })
	w.own.Wait("the tenant is active again", func() bool { return w.status().State == engine.TenantActive })
	w.own.Wait("it is served again", func() bool { return attempt(w.route.Listen, "again") == nil })
}

func TestEitherSideCutsASessionAtAServiceProvider(t *testing.T) {
	t.Parallel()
	w := newTenancy(t)
	for _, by := range []*Installation{w.own, w.provider} {
		conn := w.dial(t)
		ping(t, conn, "before")
		sessions := by.Broker.Sessions()
		if len(sessions) != 1 {
			t.Fatalf("%d sessions", len(sessions))
		}
		if err := by.Admin.Cut(context.Background(), sessions[0].ID); err != nil {
			t.Fatal(err)
		}
		mustReset(t, conn)
		for _, i := range []*Installation{w.own, w.provider} {
			i.Wait("the session is over", func() bool { return len(i.Broker.Sessions()) == 0 })
		}
	}
}

func TestATenantLeavesItsProvider(t *testing.T) {
	t.Parallel()
	w := newTenancy(t)
	conn := w.dial(t)
	ping(t, conn, "before")
	if err := w.own.Admin.RemoveProvider(context.Background(), w.linked.ID); !errors.Is(err, engine.ErrInUse) {
		t.Errorf("while a route leads there: %v", err)
	}
	w.own.Apply(engine.Change{RemoveRoute: w.route.ID})
	conn.CloseWrite()
	io.ReadAll(conn)
	if err := w.own.Admin.RemoveProvider(context.Background(), w.linked.ID); err != nil {
		t.Fatal(err)
	}
	w.own.Wait("the machine has forgotten its key for the provider", func() bool {
		left, _ := filepath.Glob(filepath.Join(w.source.Folder, "attachments", "*", "providers", "*"))
		return len(left) == 0
	})
}

func TestRunningFlowsAtAProviderOutliveBothBrokers(t *testing.T) {
	t.Parallel()
	w := newTenancy(t)
	conn := w.dial(t)
	ping(t, conn, "before")
	began := time.Now()
	w.own.StopBroker()
	ping(t, conn, "without the own broker")
	w.own.StartBroker()
	w.own.Wait("the machine is attached again", func() bool { return w.own.Status(w.source).Online })
	ping(t, conn, "with it again")
	w.provider.StopBroker()
	ping(t, conn, "without the provider's broker")
	w.provider.StartBroker()
	w.provider.Wait("the tenant's machine is attached again", func() bool { return w.tenantStatus(t).Sessions == 1 })
	ping(t, conn, "with both")
	for _, i := range []*Installation{w.own, w.provider} {
		if sessions := i.Broker.Sessions(); len(sessions) != 1 || sessions[0].Began.Before(began.Add(-time.Hour)) {
			t.Errorf("%d sessions", len(sessions))
		}
	}
}

func TestATenantGoesOnThroughTheOtherGateway(t *testing.T) {
	t.Parallel()
	w := newTenancyWith(t, tenancyOptions{secondGateway: true})
	second := w.gateways[1]
	var running []*transfer
	for range 4 {
		running = append(running, beginTransfer(t, w.dial(t)))
	}
	for _, x := range running {
		x.goesOn(t, "through the first gateway")
	}
	w.gateway.Stop()
	for _, x := range running {
		x.breaks(t) // with an error, and without a wrong byte
	}
	var moved []*transfer
	w.own.Wait("a connection goes through the other one", func() bool { return attempt(w.route.Listen, "through the second") == nil })
	for range 4 {
		moved = append(moved, beginTransfer(t, w.dial(t)))
	}
	for _, x := range moved {
		x.goesOn(t, "through the second gateway")
	}
	w.own.Wait("the session goes through the other one", func() bool {
		sessions := w.own.Broker.Sessions()
		return slices.ContainsFunc(sessions, func(s engine.Session) bool { return s.Endpoint == second })
	})
	w.own.Wait("the own broker reaches the provider's through the other one", func() bool {
		status := w.status()
		return status.Connected && status.Gateway == second
	})
	for _, x := range moved {
		x.finish(t)
	}
}

// A backup ends once the quota is used up, and the tenant reads why; what it has stored it can still get.
func TestATenantOverItsQuotaMayOnlyRestore(t *testing.T) {
	t.Parallel()
	w := newTenancy(t)
	const stored = 8 << 20
	w.backend.Answer(func(conn net.Conn) {
		request := make([]byte, 3)
		if _, err := io.ReadFull(conn, request); err != nil {
			return
		}
		if string(request) == "get" {
			_, _ = conn.Write(make([]byte, stored))
			_ = conn.(*net.TCPConn).CloseWrite()
		}
		_, _ = io.Copy(io.Discard, conn)
	})
	w.edit(t, func(edited *engine.Tenant) { edited.Quota = 1 << 20 })
	conn := w.dial(t)
	if _, err := io.WriteString(conn, "put"); err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 64<<10); ; {
		if _, err := conn.Write(block); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("the backup was not ended")
			}
			break
		}
	}
	if used := w.tenantStatus(t).Used; used < 1<<20 {
		t.Errorf("ended after %d bytes", used)
	}
	restored := w.dial(t)
	if _, err := io.WriteString(restored, "get"); err != nil {
		t.Fatal(err)
	}
	if got, err := io.Copy(io.Discard, restored); err != nil || got != stored {
		t.Errorf("%d bytes were restored of %d, %v", got, stored, err)
	}
	restored.Close()
	if results, err := w.own.Admin.TestRoute(context.Background(), engine.RouteTest{Route: w.route.ID, Bytes: 1 << 20}); err == nil && len(results) == 1 && results[0].Good() {
		t.Error("a test of the route went past the quota")
	}
	w.own.Wait("the receipt of the backup's session has the reason", func() bool {
		for _, receipt := range w.own.Receipts() {
			if strings.Contains(receipt.Reason, "the quota of") && strings.Contains(receipt.Reason, "restores") {
				return true
			}
		}
		return false
	})
}

func TestATenantThatWasRemovedIsCut(t *testing.T) {
	t.Parallel()
	w := newTenancy(t)
	conn := w.dial(t)
	ping(t, conn, "before")
	if err := w.provider.Admin.RemoveTenant(context.Background(), w.tenant.ID); err != nil {
		t.Fatal(err)
	}
	mustReset(t, conn)
	if err := attempt(w.route.Listen, "removed"); err == nil {
		t.Error("a tenant that was removed was served")
	}
	w.own.Wait("the tenant's broker is not let in any more", func() bool { return !w.status().Connected })
	if attempt(w.route.Listen, "removed") == nil {
		t.Error("a tenant that was removed was served")
	}
}

func TestATenantsEndDateCutsIt(t *testing.T) {
	t.Parallel()
	w := newTenancy(t)
	conn := w.dial(t)
	ping(t, conn, "before")
	set, err := w.provider.Admin.RuleSet(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	tomorrow := time.Now().In(set.Settings.Location()).AddDate(0, 0, 1)
	last := engine.Date{Year: tomorrow.Year(), Month: tomorrow.Month(), Day: tomorrow.Day()}
	w.edit(t, func(edited *engine.Tenant) { edited.Until = &last })
	ping(t, conn, "before its last day")
	(&pair{Installation: w.provider}).endIn(last.End(set.Settings.Location()), time.Second)
	mustReset(t, conn)
	w.own.Wait("the tenant knows", func() bool { return w.status().State == engine.TenantEnded })
	if attempt(w.route.Listen, "afterwards") == nil {
		t.Error("a tenant was served after its last day")
	}
}

// ForeignSessionId: another tenant's session is refused as one that does not exist, although its id is known.
func TestAnotherTenantsSessionIsNotReached(t *testing.T) {
	t.Parallel()
	w := newTenancy(t)
	other := w.another(t)
	conn := w.dial(t)
	ping(t, conn, "before")
	session := w.own.Broker.Sessions()[0].ID
	dialer := func(w *tenancy) *tunnel.Dialer {
		directory, err := identity.OpenDirectory(w.atProvider())
		if err != nil {
			t.Fatal(err)
		}
		d := tunnel.NewDialer(tunnel.DialerConfig{
			TLS: identity.TunnelConfig(identity.NewVerifier(directory.Roots, time.Now), directory.Certificate), Gateways: func() []string { return w.gateways },
			Dial: func(ctx context.Context, address string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", address)
			},
		})
		t.Cleanup(d.Close)
		return d
	}
	mine, theirs := dialer(w), dialer(other)
	for what, test := range map[string]struct {
		by      *tunnel.Dialer
		session engine.ID
		err     error
	}{
		"its own tenant":                     {mine, session, nil},
		"another tenant":                     {theirs, session, tunnel.ErrRefused},
		"one that is no session, by another": {theirs, engine.NewID(), tunnel.ErrRefused},
		"one that is no session":             {mine, engine.NewID(), tunnel.ErrRefused},
	} {
		through, err := test.by.Connect(t.Context(), tunnel.Session(test.session))
		if !errors.Is(err, test.err) {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil {
			through.Close()
		}
	}
	ping(t, conn, "goes on")
	ping(t, other.dial(t), "the other tenant's own")
	if sessions := other.own.Broker.Sessions(); len(sessions) != 1 || sessions[0].ID == session {
		t.Errorf("the other tenant has %d sessions", len(sessions))
	}
}

func TestARevokedMachineIsCutOffFromTheProviderToo(t *testing.T) {
	t.Parallel()
	w := newTenancy(t)
	conn := w.dial(t)
	ping(t, conn, "before")
	w.own.Apply(engine.Change{Revoke: []engine.ID{w.source.ID}})
	mustReset(t, conn)
	for _, i := range []*Installation{w.own, w.provider} {
		i.Wait("the session is over", func() bool { return len(i.Broker.Sessions()) == 0 })
	}
	if attempt(w.route.Listen, "revoked") == nil {
		t.Error("a machine that was revoked was served")
	}
	w.provider.Wait("the provider has removed it", func() bool { return w.tenantStatus(t).Components == 0 })
}
