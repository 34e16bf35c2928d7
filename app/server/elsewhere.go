package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// callWithin bounds a call to a broker elsewhere that is answered at once.
const callWithin = 15 * time.Second

// EnrolmentsFolder is where this user's enrolments as an administrator of brokers elsewhere are kept: with the user's own
// configuration, also for root.
func EnrolmentsFolder() string {
	base, err := os.UserConfigDir()
	if err != nil {
		base = host.DataFolder("lockwired")
	}
	return filepath.Join(base, "lockwire", "enrolments")
}

// Enrol makes this user an administrator of the broker that a token names, and keeps key and certificate under base. The
// private key is made here and never leaves the machine.
func Enrol(ctx context.Context, text, base string) (identity.Attachment, error) {
	token, err := identity.ParseToken(text)
	if err != nil {
		return identity.Attachment{}, err
	}
	key, request, err := identity.NewRequestedKey()
	if err != nil {
		return identity.Attachment{}, err
	}
	config := identity.JoinConfig(token.Pin(), time.Now)
	reply, err := firstAnswer(ctx, token.Brokers(), config, func(ctx context.Context, client wire.EnrolmentClient) (*wire.JoinReply, error) {
		secret := token.Secret()
		defer clear(secret)
		return client.Join(ctx, &wire.JoinRequest{Secret: secret, CertificateRequest: request})
	})
	if err != nil {
		return identity.Attachment{}, err
	}
	return keepEnrolment(reply, token, func(attachment identity.Attachment, roots identity.Roots) error {
		certificate, err := identity.ParseCertificate(reply.GetCertificate())
		if err != nil {
			return err
		}
		_, err = identity.Join(base, attachment, roots, key, certificate)
		return err
	})
}

// keepEnrolment checks what the broker says and keeps it.
func keepEnrolment(reply *wire.JoinReply, token identity.Token, keep func(identity.Attachment, identity.Roots) error) (identity.Attachment, error) {
	attachment := identity.Attachment{Kind: identity.Administrator, Name: reply.GetName(), Brokers: reply.GetBrokers()}
	if reply.GetKind() != string(engine.JoinAdministrator) {
		return attachment, errors.New("the token lets a machine in, not an administrator; make one with: lockwired administrators token NAME")
	}
	var err error
	if attachment.Installation, err = wire.ParseID(reply.GetInstallation()); err != nil {
		return attachment, fmt.Errorf("the broker's reply: %w", err)
	}
	if attachment.ID, err = wire.ParseID(reply.GetId()); err != nil {
		return attachment, fmt.Errorf("the broker's reply: %w", err)
	}
	roots, err := identity.ParseRootsDER(reply.GetRoots())
	if err != nil {
		return attachment, fmt.Errorf("the broker's reply: %w", err)
	}
	if !roots.Has(token.Pin()) {
		return attachment, identity.ErrPin
	}
	if len(attachment.Brokers) == 0 {
		attachment.Brokers = token.Brokers()
	}
	return attachment, keep(attachment, roots)
}

// firstAnswer asks the broker's addresses in order, until one answers as the broker.
func firstAnswer[Reply any](ctx context.Context, addresses []string, config *tls.Config, ask func(context.Context, wire.EnrolmentClient) (Reply, error)) (Reply, error) {
	var none Reply
	var failures error
	for _, address := range addresses {
		connection, err := connectTo(address, config)
		if err != nil {
			return none, err
		}
		calling, cancel := context.WithTimeout(ctx, callWithin)
		reply, err := ask(calling, wire.NewEnrolmentClient(connection))
		cancel()
		connection.Close()
		if err == nil {
			return reply, nil
		}
		failures = errors.Join(failures, fmt.Errorf("%s: %s", address, administration.Words(err)))
	}
	return none, fmt.Errorf("the broker could not be asked: %w", failures)
}

// Elsewhere reaches the broker of an installation in which this user is enrolled as an administrator. Which is either the
// installation's id, an address of its broker, or empty where there is only one.
func Elsewhere(ctx context.Context, base, which string) (engine.Administration, func() error, error) {
	directory, err := findEnrolment(base, which)
	if err != nil {
		return nil, nil, err
	}
	addresses := directory.Attachment().Brokers
	if which != "" && which != string(directory.Attachment().Installation) {
		if err := engine.CheckHostPort(which); err != nil {
			return nil, nil, &engine.FieldError{Field: "broker", Err: err}
		}
		addresses = []string{which}
	}
	return reachAt(ctx, directory, addresses)
}

// OnThisMachine reaches the broker that runs on this machine, at its usual port, where this user is enrolled in it as an
// administrator. It serves a user who may not use the local socket, or not before the next login.
func OnThisMachine(ctx context.Context, base string) (engine.Administration, func() error, error) {
	return anyAt(ctx, base, OwnAddress(""))
}

// anyAt connects to the broker at an address with the enrolment that is valid there.
func anyAt(ctx context.Context, base, address string) (engine.Administration, func() error, error) {
	directories, err := identity.Directories(base)
	if err != nil {
		return nil, nil, err
	}
	failures := errors.New("this user is not enrolled as an administrator of the broker on this machine")
	for _, directory := range directories {
		client, closing, err := reachAt(ctx, directory, []string{address})
		if err == nil {
			return client, closing, nil
		}
		failures = err // of another installation's, or one that does not run
	}
	return nil, nil, failures
}

// OwnAddress is the address on this machine of a broker that listens on the given one.
func OwnAddress(listen string) string {
	address, port, err := net.SplitHostPort(listen)
	if err != nil {
		address, port = "", strconv.Itoa(wire.BrokerPort)
	}
	if ip, err := netip.ParseAddr(address); address == "" || err == nil && ip.IsUnspecified() {
		address = "127.0.0.1"
	}
	return net.JoinHostPort(address, port)
}

// reachAt reaches the broker in which a user is enrolled at one of its addresses.
func reachAt(ctx context.Context, directory *identity.Directory, addresses []string) (engine.Administration, func() error, error) {
	verifier := identity.NewVerifier(directory.Roots, time.Now)
	config := identity.ClientConfig(verifier, directory.Certificate)
	// A broker that cannot renew, for its disk is full, is one that somebody has to look at: a certificate that holds will do.
	if err := renewEnrolment(ctx, directory, addresses, config); err != nil && !holds(directory) {
		return nil, nil, err
	}
	connection, err := connectFirst(ctx, directory, addresses)
	if err != nil {
		return nil, nil, err
	}
	attached := newElsewhere(directory.Path(), addresses, connection, directory.KeyID())
	return attached, attached.close, nil
}

// unreached says why a broker was not reached. A broker that accepts the connection and never answers counts as none (engine.ErrNoBroker), unless the
// caller gave up.
func unreached(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return silentError{err}
	}
	return err
}

// silentError keeps the words of the error within.
type silentError struct{ error }

// Is tells that there is no broker.
func (silentError) Is(target error) bool { return target == engine.ErrNoBroker }

// Unwrap gives the error within.
func (e silentError) Unwrap() error { return e.error }

// holds tells whether the certificate of an enrolment has not expired.
func holds(directory *identity.Directory) bool {
	certificate, err := directory.Certificate()
	return err == nil && certificate.Leaf != nil && time.Now().Before(certificate.Leaf.NotAfter)
}

func findEnrolment(base, which string) (*identity.Directory, error) {
	directories, err := identity.Directories(base)
	if err != nil {
		return nil, err
	}
	for _, directory := range directories {
		attachment := directory.Attachment()
		if which == "" || which == string(attachment.Installation) {
			return directory, nil
		}
		for _, address := range attachment.Brokers {
			if address == which {
				return directory, nil
			}
		}
	}
	if len(directories) == 1 {
		return directories[0], nil // a broker that has moved: its certificate says whether it is the one
	}
	return nil, fmt.Errorf("this user is not enrolled as an administrator of that broker; ask for a token (lockwired administrators token NAME) and run: lockwired administrators enrol")
}

// renewEnrolment gets a fresh certificate where half of the present one's life is over.
func renewEnrolment(ctx context.Context, directory *identity.Directory, addresses []string, config *tls.Config) error {
	certificate, err := directory.Certificate()
	if err != nil {
		return err
	}
	if certificate.Leaf != nil && time.Now().Before(identity.RenewAt(certificate.Leaf)) {
		return nil
	}
	key, request, err := identity.NewRequestedKey()
	if err != nil {
		return err
	}
	reply, err := firstAnswer(ctx, addresses, config, func(ctx context.Context, client wire.EnrolmentClient) (*wire.RenewReply, error) {
		return client.Renew(ctx, &wire.RenewRequest{CertificateRequest: request})
	})
	if err != nil {
		return fmt.Errorf("renew the administrator's certificate: %w", err)
	}
	renewed, err := identity.ParseCertificate(reply.GetCertificate())
	if err != nil {
		return fmt.Errorf("renew the administrator's certificate: %w", err)
	}
	return directory.Renew(key, renewed)
}
