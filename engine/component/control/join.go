package control

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// JoinOptions say what a machine joins with.
type JoinOptions struct {
	// Token is the text of the join token, as a person pastes it.
	Token string
	// Name is what the machine is to be called; empty leaves it to the token, which has to be for one machine then.
	Name string
	// Folder is the component's data folder.
	Folder string
	// AllowBackends begin the attachment's allow-backend list.
	AllowBackends []string
	// Network and Clock are the machine's own where they are nil.
	Network machine.Network
	Clock   machine.Clock
}

// Joined is what a machine became by joining.
type Joined struct {
	Installation engine.ID
	ID           engine.ID
	Name         string
	Role         engine.Role
	Brokers      []string
	// Folder is that of the attachment.
	Folder string
}

// Errors of Join on which a caller decides; the token's own errors (identity.ErrTokenMalformed and others) come through.
var (
	// ErrUnreachable: no address of the broker in the token could be used, or it gave no answer that counts; the text says why for each. To
	// join again with the same token and name is safe: an answer that was lost takes no second use.
	ErrUnreachable = errors.New("joining failed")
	// ErrNameTaken: another machine has the name.
	ErrNameTaken = errors.New("the broker refused the name")
	// ErrJoinRefused: the broker does not accept the token.
	ErrJoinRefused = errors.New("the broker refused to let this machine join")
	// ErrToken: the text is no join token, or not all of one.
	ErrToken = errors.New("the join token cannot be used")
)

// Join enrols the machine with the broker that the token names, and keeps key, certificate and addresses in the folder.
// The private key is made here and never leaves the machine.
func Join(ctx context.Context, o JoinOptions) (Joined, error) {
	if o.Network == nil {
		o.Network = &machine.SystemNetwork{}
	}
	if o.Clock == nil {
		o.Clock = machine.SystemClock{}
	}
	backends, err := machine.NewBackendList(o.AllowBackends) // before the token is used up
	if err != nil {
		return Joined{}, fmt.Errorf("allow-backend: %w", err)
	}
	token, err := identity.ParseToken(o.Token)
	if err != nil {
		return Joined{}, fmt.Errorf("%w: %w", ErrToken, err)
	}
	kept := machine.AttachmentsFolder(o.Folder)
	key, err := identity.JoiningKey(kept, token, o.Name)
	if err != nil {
		return Joined{}, err
	}
	request, err := identity.NewRequest(key)
	if err != nil {
		return Joined{}, err
	}
	connection, err := dialBroker(ctx, o.Network, brokerDialTimeout, token.Brokers(), identity.JoinConfig(token.Pin(), o.Clock.Now))
	if err != nil {
		return Joined{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer connection.Close()
	reply, err := askToJoin(ctx, connection, token, o.Name, request)
	if err != nil {
		if !errors.Is(err, ErrUnreachable) {
			err = errors.Join(err, identity.ForgetJoiningKey(kept))
		}
		return Joined{}, err
	}
	attachment, roots, err := checkJoinReply(reply, token)
	if err != nil {
		return Joined{}, err
	}
	certificate, err := identity.ParseCertificate(reply.GetCertificate())
	if err != nil {
		return Joined{}, fmt.Errorf("the broker's reply: %w", err)
	}
	directory, err := identity.Join(kept, attachment, roots, key, certificate)
	if err != nil {
		return Joined{}, err
	}
	if err := identity.ForgetJoiningKey(kept); err != nil {
		return Joined{}, err
	}
	if err := machine.WriteBackends(directory.Path(), backends); err != nil {
		return Joined{}, err
	}
	if err := machine.GiveAttachmentsToOwner(o.Folder); err != nil {
		return Joined{}, err
	}
	return Joined{
		Installation: attachment.Installation, ID: attachment.ID, Name: attachment.Name, Role: engine.Role(reply.GetRole()),
		Brokers: attachment.Brokers, Folder: directory.Path(),
	}, nil
}

func askToJoin(ctx context.Context, connection grpc.ClientConnInterface, token identity.Token, name string, request []byte) (*wire.JoinReply, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	secret := token.Secret()
	defer clear(secret)
	reply, err := wire.NewEnrolmentClient(connection).Join(ctx, &wire.JoinRequest{Secret: secret, CertificateRequest: request, Name: name})
	if err == nil {
		return reply, nil
	}
	kind := ErrUnreachable
	switch status.Code(err) {
	case codes.PermissionDenied, codes.InvalidArgument:
		kind = ErrJoinRefused
	case codes.AlreadyExists:
		kind = ErrNameTaken
	}
	return nil, fmt.Errorf("%w: %s", kind, machine.Sentence(status.Convert(err).Message()))
}

// JoinedAs finds what the machine is called where it has joined and its certificate still counts: at the broker that a token leads to, or
// without a token anywhere.
func JoinedAs(folder, token string, now time.Time) (names []string, err error) {
	var pin engine.KeyID
	if token != "" {
		parsed, err := identity.ParseToken(token)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrToken, err)
		}
		pin = parsed.Pin()
	}
	directories, err := identity.Directories(machine.AttachmentsFolder(folder))
	if err != nil {
		return nil, err
	}
	for _, d := range directories {
		certificate, err := d.Certificate()
		if err != nil {
			return nil, err
		}
		if token != "" && !d.Roots().Has(pin) || !now.Before(certificate.Leaf.NotAfter) {
			continue
		}
		names = append(names, d.Attachment().Name)
	}
	return names, nil
}

// checkJoinReply checks what the broker says of the new component.
func checkJoinReply(reply *wire.JoinReply, token identity.Token) (identity.Attachment, identity.Roots, error) {
	attachment := identity.Attachment{Kind: identity.Component, Name: reply.GetName(), Brokers: reply.GetBrokers()}
	fail := func(what string, err error) (identity.Attachment, identity.Roots, error) {
		return identity.Attachment{}, identity.Roots{}, fmt.Errorf("the broker's reply: %s: %w", what, err)
	}
	if reply.GetKind() != string(engine.JoinComponent) {
		return fail("kind", fmt.Errorf("%w: it lets an administrator in, not a machine; make one with: lockwired components token", ErrToken))
	}
	var err error
	if attachment.Installation, err = wire.ParseID(reply.GetInstallation()); err != nil {
		return fail("installation", err)
	}
	if attachment.ID, err = wire.ParseID(reply.GetId()); err != nil {
		return fail("component", err)
	}
	roots, err := parseRoots(reply.GetRoots())
	if err != nil {
		return fail("roots", err)
	}
	if !roots.Has(token.Pin()) {
		return fail("roots", identity.ErrPin)
	}
	if len(attachment.Brokers) == 0 {
		attachment.Brokers = token.Brokers()
	}
	return attachment, roots, nil
}

// maximumRoots is how many roots a bundle has at the most.
const maximumRoots = 2

func parseRoots(all [][]byte) (identity.Roots, error) {
	if len(all) > maximumRoots {
		return identity.Roots{}, fmt.Errorf("%d root certificates", len(all))
	}
	var certificates []*x509.Certificate
	for _, der := range all {
		certificate, err := identity.ParseCertificate(der)
		if err != nil {
			return identity.Roots{}, err
		}
		certificates = append(certificates, certificate)
	}
	return identity.NewRoots(certificates...)
}
