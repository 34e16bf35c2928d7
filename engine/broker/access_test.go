package broker

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// The calls of an administrator that the tests make; the real ones stand in engine/administration, which imports this package.
var administrationMethods = map[string]front.Access{"Sessions": front.AccessView, "RuleSet": front.AccessView, "Cut": front.AccessChange, "Apply": front.AccessChange}

func administrationMethod(name string) string {
	return "/" + wire.Administration_ServiceDesc.ServiceName + "/" + name
}

// administrationAccess puts the Administration service under the table of access.
func administrationAccess() map[string]front.Access {
	access := map[string]front.Access{wire.Administration_Watch_FullMethodName: front.AccessView, wire.Administration_Backup_FullMethodName: front.AccessChange}
	for name, needs := range administrationMethods {
		access[administrationMethod(name)] = needs
	}
	return access
}

// registerAdministration serves the calls that the tests make.
func registerAdministration(server *grpc.Server) {
	description := wire.Administration_ServiceDesc
	for name := range administrationMethods {
		description.Methods = append(description.Methods, grpc.MethodDesc{MethodName: name, Handler: func(service any, ctx context.Context, read func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
			in := new(wire.Document)
			if err := read(in); err != nil {
				return nil, err
			}
			answer := func(context.Context, any) (any, error) { return nil, status.Error(codes.Unimplemented, name) }
			if intercept == nil {
				return answer(ctx, in)
			}
			return intercept(ctx, in, &grpc.UnaryServerInfo{Server: service, FullMethod: administrationMethod(name)}, answer)
		}})
	}
	server.RegisterService(&description, administration{})
}

// administration is a service that answers each call with Unimplemented, but Watch, which goes on until it is ended.
type administration struct {
	wire.UnimplementedAdministrationServer
}

func (administration) Watch(_ *wire.Document, stream grpc.ServerStreamingServer[wire.WatchPart]) error {
	if err := stream.Send(&wire.WatchPart{}); err != nil {
		return err
	}
	<-stream.Context().Done()
	return context.Cause(stream.Context())
}

func (i *installation) withAdministration() {
	i.config.Access = administrationAccess()
	i.config.Register = registerAdministration
}

// call calls any method once and gives how it was answered. A method that goes on counts as answered.
func call(h *holder, method string) *status.Status {
	connection := h.dial()
	defer connection.Close()
	ctx, cancel := context.WithTimeout(h.i.t.Context(), time.Second)
	defer cancel()
	stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
	if err == nil {
		stream.SendMsg(&wire.Document{}) // the error that counts is that of RecvMsg
		stream.CloseSend()
		err = stream.RecvMsg(&wire.Document{})
	}
	return status.Convert(err)
}

// TestEveryMethodForEveryCaller is the table of who may call what: each method of the port with each kind of caller.
func TestEveryMethodForEveryCaller(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		i.withAdministration()
		i.start()
		defer func() { i.stop() }()
		now := time.Now()

		fresh := func(kind identity.Kind, id engine.ID, authority *identity.Authority, at time.Time) *holder {
			h := &holder{i: i, id: id, from: "10.0.0.8"}
			h.key, h.certificate = certified(authority, kind, id, at)
			return h
		}
		component := i.component("component", "10.0.0.2")
		tenant := i.customer("smith")
		view, change := i.administrator("viewer", engine.MayView), i.administrator("changer", engine.MayChange)
		revokedComponent, revokedAdministrator := i.component("gone", "10.0.0.3"), i.administrator("left", engine.MayChange)
		i.write(func(tx engine.Transaction) error {
			c := i.status(revokedComponent).Component
			c.Revoked = now
			if err := tx.PutComponent(c); err != nil {
				return err
			}
			return tx.PutAdministrator(engine.Administrator{ID: revokedAdministrator.id, Name: "left", Role: engine.MayChange, Key: keyIDOf(revokedAdministrator.certificate), Revoked: now})
		})
		enrol := func(h *holder, name string, kind identity.Kind) *holder {
			i.write(func(tx engine.Transaction) error {
				if kind == identity.Administrator {
					return tx.PutAdministrator(engine.Administrator{ID: h.id, Name: name, Role: engine.MayChange, Key: keyIDOf(h.certificate)})
				}
				return tx.PutComponent(engine.Component{ID: h.id, Name: name, Role: engine.Proxy, Key: keyIDOf(h.certificate)})
			})
			return h
		}
		expired := enrol(fresh(identity.Component, engine.NewID(), i.authority, now.Add(-20*24*time.Hour)), "expired", identity.Component)
		longExpired := enrol(fresh(identity.Component, engine.NewID(), i.authority, now.Add(-40*24*time.Hour)), "long expired", identity.Component)
		expiredAdministrator := enrol(fresh(identity.Administrator, engine.NewID(), i.authority, now.Add(-20*24*time.Hour)), "expired administrator", identity.Administrator)
		early := enrol(fresh(identity.Component, engine.NewID(), i.authority, now.Add(3*24*time.Hour)), "early", identity.Component)
		otherAuthority := must(identity.NewAuthority(engine.NewID(), now))
		impostorAuthority := must(identity.NewAuthority(i.authority.Installation(), now))

		const (
			none = "no certificate was shown"
			dead = "has expired"
		)
		type answers map[front.Access]string // what a refusal says, by what the method needs; absent is allowed
		callers := []struct {
			name    string
			caller  *holder
			code    codes.Code // of its refusals by the certificate; those by its kind or role are PermissionDenied
			refused answers
		}{
			{"no certificate", i.stranger(), codes.Unauthenticated, answers{front.AccessOwnKey: none, front.AccessTenant: none, front.AccessRenewing: none, front.AccessComponent: none, front.AccessView: none, front.AccessChange: none}},
			{"a component's", component, codes.PermissionDenied, answers{front.AccessTenant: "not a tenant's", front.AccessView: "not an administrator's", front.AccessChange: "not an administrator's"}},
			{"a viewer's", view, codes.PermissionDenied, answers{front.AccessTenant: "not a tenant's", front.AccessComponent: "not a component's", front.AccessChange: "may only view"}},
			{"an administrator's", change, codes.PermissionDenied, answers{front.AccessTenant: "not a tenant's", front.AccessComponent: "not a component's"}},
			{"a revoked component's", revokedComponent, codes.PermissionDenied, answers{front.AccessTenant: "not a tenant's", front.AccessRenewing: "was revoked", front.AccessComponent: "was revoked", front.AccessView: "not an administrator's", front.AccessChange: "not an administrator's"}},
			{"a revoked administrator's", revokedAdministrator, codes.PermissionDenied, answers{front.AccessTenant: "not a tenant's", front.AccessRenewing: "was revoked", front.AccessComponent: "not a component's", front.AccessView: "was revoked", front.AccessChange: "was revoked"}},
			{"an expired component's", expired, codes.Unauthenticated, answers{front.AccessTenant: dead, front.AccessComponent: dead, front.AccessView: dead, front.AccessChange: dead}},
			{"an expired administrator's", expiredAdministrator, codes.Unauthenticated, answers{front.AccessTenant: dead, front.AccessComponent: dead, front.AccessView: dead, front.AccessChange: dead}},
			{"one that expired long ago", longExpired, codes.Unauthenticated, answers{front.AccessTenant: dead, front.AccessRenewing: dead, front.AccessComponent: dead, front.AccessView: dead, front.AccessChange: dead}},
			{"one that is not valid yet", early, codes.Unauthenticated, answers{front.AccessTenant: "not valid yet", front.AccessRenewing: "not valid yet", front.AccessComponent: "not valid yet", front.AccessView: "not valid yet", front.AccessChange: "not valid yet"}},
			{"another installation's", fresh(identity.Component, component.id, otherAuthority, now), codes.Unauthenticated,
				answers{front.AccessTenant: "another Lockwire installation", front.AccessRenewing: "another Lockwire installation", front.AccessComponent: "another Lockwire installation", front.AccessView: "another Lockwire installation", front.AccessChange: "another Lockwire installation"}},
			{"another authority's in this one's name", fresh(identity.Administrator, change.id, impostorAuthority, now), codes.Unauthenticated,
				answers{front.AccessTenant: "not signed by", front.AccessRenewing: "not signed by", front.AccessComponent: "not signed by", front.AccessView: "not signed by", front.AccessChange: "not signed by"}},
			{"a component's with another key", fresh(identity.Component, component.id, i.authority, now), codes.Unauthenticated,
				answers{front.AccessTenant: "not a tenant's", front.AccessRenewing: "was replaced", front.AccessComponent: "was replaced", front.AccessView: "not an administrator's", front.AccessChange: "not an administrator's"}},
			{"one of nobody", fresh(identity.Component, engine.NewID(), i.authority, now), codes.Unauthenticated,
				answers{front.AccessTenant: "not a tenant's", front.AccessRenewing: "does not have the component", front.AccessComponent: "does not have the component", front.AccessView: "not an administrator's", front.AccessChange: "not an administrator's"}},
			{"a tenant's", tenant.holder, codes.PermissionDenied, answers{front.AccessComponent: "not a component's", front.AccessView: "not an administrator's", front.AccessChange: "not an administrator's"}},
			{"a tenant's with another key", fresh(identity.Tenant, tenant.tenant, i.authority, now), codes.Unauthenticated,
				answers{front.AccessRenewing: "was replaced", front.AccessComponent: "not a component's", front.AccessView: "not an administrator's", front.AccessChange: "not an administrator's", front.AccessTenant: "was replaced"}},
			{"a removed tenant's", fresh(identity.Tenant, engine.NewID(), i.authority, now), codes.Unauthenticated,
				answers{front.AccessRenewing: "does not have the tenant", front.AccessComponent: "not a component's", front.AccessView: "not an administrator's", front.AccessChange: "not an administrator's", front.AccessTenant: "does not have the tenant"}},
		}
		if methods := len(i.broker.front.Access()); methods < 14 {
			t.Fatalf("only %d methods are known", methods)
		}
		for _, c := range callers {
			for method, access := range i.broker.front.Access() {
				answer := call(c.caller, method)
				words, isRefused := c.refused[access]
				if !isRefused {
					if !allowed(answer, method) {
						t.Errorf("%s calls %s: refused with %v %q", c.name, method, answer.Code(), answer.Message())
					}
					continue
				}
				code := c.code
				if strings.HasPrefix(words, "not a") && !strings.HasPrefix(words, "not signed") && words != "not valid yet" {
					code = codes.PermissionDenied
				}
				if answer.Code() != code || !strings.Contains(answer.Message(), words) {
					t.Errorf("%s calls %s: answered with %v %q, not %v …%s…", c.name, method, answer.Code(), answer.Message(), code, words)
				}
			}
		}
		if answer := call(change, "/lockwire.wire.v1.Administration/Else"); answer.Code() != codes.Unimplemented {
			t.Errorf("a method that is not there is answered with %v", answer)
		}
	})
}

// allowed tells whether an answer comes from the method itself, which is called with an empty message.
func allowed(answer *status.Status, method string) bool {
	switch method {
	case wire.Enrolment_Join_FullMethodName:
		return answer.Message() == identity.ErrTokenUnknown.Error()
	case wire.Enrolment_Renew_FullMethodName:
		return answer.Code() == codes.InvalidArgument && strings.Contains(answer.Message(), identity.ErrBadRequest.Error())
	case wire.Attachment_Attach_FullMethodName:
		return answer.Code() == codes.InvalidArgument && strings.Contains(answer.Message(), "hello")
	case wire.Tenancy_Redeem_FullMethodName:
		return answer.Message() == errLink.Error()
	case wire.Tenancy_AddComponent_FullMethodName, wire.Tenancy_AskSession_FullMethodName, wire.Tenancy_RemoveComponent_FullMethodName:
		return answer.Code() == codes.InvalidArgument
	case wire.Administration_Watch_FullMethodName, wire.Tenancy_Follow_FullMethodName, wire.Tenancy_Challenge_FullMethodName:
		return answer.Code() == codes.OK
	}
	return answer.Code() == codes.Unimplemented
}

func TestMethodThatNobodyMayCallIsNotServed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		i.withAdministration()
		delete(i.config.Access, administrationMethod("Cut"))
		b := must(New(t.Context(), i.config))
		if err := b.Serve(t.Context(), newNetwork()); err == nil || !strings.Contains(err.Error(), "Administration/Cut") {
			t.Errorf("serve: %v", err)
		}
	})
}

func TestAccessToTheBrokersOwnMethodsIsFixed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		i.config.Access = map[string]front.Access{wire.Attachment_Attach_FullMethodName: front.AccessOpen}
		if _, err := New(t.Context(), i.config); err == nil {
			t.Error("a table that opens the control stream to everybody is taken")
		}
	})
}

func TestRevokedAdministratorsStreamEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		i.withAdministration()
		i.start()
		defer func() { i.stop() }()
		h := i.administrator("watcher", engine.MayView)
		stream := must(wire.NewAdministrationClient(h.dial()).Watch(t.Context(), &wire.Document{}))
		must(stream.Recv())
		i.write(func(tx engine.Transaction) error {
			return tx.PutAdministrator(engine.Administrator{ID: h.id, Name: "watcher", Role: engine.MayView, Key: keyIDOf(h.certificate), Revoked: time.Now()})
		})
		if _, err := stream.Recv(); status.Code(err) != codes.PermissionDenied || !strings.Contains(words(err), "revoked") {
			t.Errorf("the stream ended with %v", err)
		}
	})
}

// flooding is an administration whose watch sends without an end, whatever becomes of its context.
type flooding struct {
	administration
	ended chan error
}

func (f flooding) Watch(_ *wire.Document, stream grpc.ServerStreamingServer[wire.WatchPart]) error {
	for {
		if err := stream.Send(&wire.WatchPart{Components: []*wire.Described{{Json: make([]byte, 64<<10)}}}); err != nil {
			f.ended <- err
			return err
		}
	}
}

func TestARevokedAdministratorsStreamEndsAlsoWhereNobodyReadsIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		i.withAdministration()
		flood := flooding{ended: make(chan error, 1)}
		i.config.Register = func(server *grpc.Server) { wire.RegisterAdministrationServer(server, flood) }
		i.start()
		defer func() { i.stop() }()
		h := i.administrator("watcher", engine.MayView)
		must(must(wire.NewAdministrationClient(h.dial()).Watch(t.Context(), &wire.Document{})).Recv())
		time.Sleep(time.Second)
		select {
		case err := <-flood.ended:
			t.Fatalf("it did not wait for its reader: %v", err)
		default:
		}
		i.write(func(tx engine.Transaction) error {
			return tx.PutAdministrator(engine.Administrator{ID: h.id, Name: "watcher", Role: engine.MayView, Key: keyIDOf(h.certificate), Revoked: time.Now()})
		})
		select {
		case <-flood.ended:
		case <-time.After(5 * time.Second):
			t.Error("five seconds after the revocation it is still being sent")
		}
	})
}

func TestAnAdministratorsStreamEndsWithItsCertificate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		i.withAdministration()
		i.start()
		defer func() { i.stop() }()
		h := i.administrator("watcher", engine.MayView)
		h.key, h.certificate = certified(i.authority, identity.Administrator, h.id, time.Now().Add(10*time.Minute-identity.CertificateLifetime))
		i.write(func(tx engine.Transaction) error {
			return tx.PutAdministrator(engine.Administrator{ID: h.id, Name: h.name, Role: engine.MayView, Key: keyIDOf(h.certificate), CertificateExpires: h.certificate.NotAfter})
		})
		stream := must(wire.NewAdministrationClient(h.dial()).Watch(t.Context(), &wire.Document{}))
		must(stream.Recv())
		expires := h.certificate.NotAfter
		ended := make(chan time.Time, 1)
		go func() {
			_, err := stream.Recv()
			if status.Code(err) != codes.Unauthenticated || !strings.Contains(words(err), "has ended") {
				t.Errorf("the stream ended with %v", err)
			}
			ended <- time.Now()
		}()
		if at := <-ended; at.Before(expires) || at.After(expires.Add(5*time.Second)) {
			t.Errorf("the stream ended %v after its certificate", at.Sub(expires))
		}
	})
}

// isClosed tells whether the broker has closed a connection.
func isClosed(connection net.Conn) bool {
	synctest.Wait()
	connection.SetReadDeadline(time.Now())
	_, err := connection.Read(make([]byte, 1))
	return err != nil && !isTimeout(err)
}

// TestSilentConnectionsKeepNobodyOut opens connections that say nothing, as many as one address may and more. Of IPv6 one
// machine has a whole /64.
func TestSilentConnectionsKeepNobodyOut(t *testing.T) {
	for name, address := range map[string]func(n int) string{
		"of one address":     func(int) string { return "198.51.100.66" },
		"of one IPv6 subnet": func(n int) string { return fmt.Sprintf("2001:db8:0:1::%x", n+1) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				closed := 0
				for n := range front.MaximumHandshakesPerAddress + 10 {
					connection := must(i.network.dial(address(n)))
					defer connection.Close()
					if isClosed(connection) {
						closed++
					}
				}
				if closed != 10 {
					t.Errorf("%d connections were closed at once, not those beyond the bound", closed)
				}
				i.component("good", "10.0.0.2").attach("10.0.0.2")
				time.Sleep(wire.HandshakeWithin + time.Second)
				i.component("late", address(0)).attach("10.0.0.3")
			})
		})
	}
}

// TestStrangersThatShookHandsKeepNobodyOut opens connections that prove nothing and then say nothing, more than there is room for.
func TestStrangersThatShookHandsKeepNobodyOut(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		config := identity.JoinConfig(i.authority.Pin(), time.Now)
		var silent net.Conn
		for range front.MaximumUnproven + 10 {
			connection := must(i.network.dial("198.51.100.66"))
			defer connection.Close()
			if tls.Client(connection, config).Handshake() == nil && silent == nil {
				silent = connection
			}
		}
		if _, _, err := i.stranger().join(i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: "good", Role: engine.Repository})); err != nil {
			t.Errorf("a machine elsewhere cannot join: %v", err)
		}
		time.Sleep(wire.HandshakeWithin + time.Second)
		silent.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := io.Copy(io.Discard, silent); err != nil {
			t.Errorf("a connection that says nothing stays open: %v", err)
		}
	})
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}

func TestStrangersMessageIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		connection := i.stranger().dial()
		_, err := wire.NewEnrolmentClient(connection).Join(t.Context(), &wire.JoinRequest{CertificateRequest: make([]byte, front.MaximumJoinMessage+1)})
		if status.Code(err) != codes.ResourceExhausted {
			t.Errorf("a message of a stranger that is too large: %v", err)
		}
	})
}
