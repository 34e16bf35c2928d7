package front

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// Why somebody with a good token does not join, or not anew.
var (
	errNameNeeded   = errors.New("the join token is for several machines: say what this one is called (lockwire-agent join --name NAME)")
	errOtherName    = errors.New("the join token was made for a machine of another name")
	errJoinedBefore = errors.New("this machine has joined")
	errTooOften     = errors.New("this machine has joined many times in a row; wait a minute and try again")
)

// Join enrols the holder of a join token: it adds the component or administrator, counts the use of the token and writes the audit entry,
// in one transaction. A machine that asks again with the same token and the same key has lost the answer: it gets another one, and takes no
// further use.
func (e enrolment) Join(ctx context.Context, request *wire.JoinRequest) (*wire.JoinReply, error) {
	f := e.front
	caller, _ := PeerFrom(ctx)
	from := caller.Address.Addr()
	if !f.joins.admits(sourceOf(from)) {
		return nil, status.Error(codes.ResourceExhausted, "too many attempts to join from this address; wait a minute and try again")
	}
	joined, err := f.join(ctx, request)
	if err != nil {
		f.joins.refused(sourceOf(from))
		f.config.Calls.JoinsRefused.Add(1)
		f.log.Warn("refused to let somebody join", "from", from, "reason", err)
		return nil, joinStatus(err)
	}
	if joined.again {
		f.log.Info("answered again to who had joined", "name", joined.name, "id", joined.id, "from", from)
	} else {
		f.config.Calls.Joins.Add(1)
		f.log.Info("somebody joined", "kind", joined.token.Kind, "name", joined.name, "id", joined.id, "from", from, "token", joined.token.ID)
	}
	role := string(joined.token.Role)
	if joined.token.Kind == engine.JoinAdministrator {
		role = string(joined.token.Administrator)
	}
	return &wire.JoinReply{
		Kind: string(joined.token.Kind), Id: wire.IDBytes(joined.id), Name: joined.name, Role: role,
		Installation: wire.IDBytes(f.config.Authority.Installation()), Certificate: joined.certificate.Raw, Roots: f.config.Authority.Roots().DER(),
		Brokers: f.config.Addresses,
	}, nil
}

// joined is who joins, and by what.
type joined struct {
	id          engine.ID
	name        string
	token       engine.JoinToken
	certificate *x509.Certificate
	// again tells that it had joined before.
	again bool
}

func (f *Front) join(ctx context.Context, request *wire.JoinRequest) (joined, error) {
	hash, err := identity.HashTokenSecret(request.GetSecret())
	clear(request.GetSecret())
	if err != nil {
		return joined{}, err
	}
	now := time.Now()
	// The token is checked first: without a valid one, no signature is verified and no certificate made.
	token, err := knownToken(ctx, f.config.Store, hash, now)
	if err != nil {
		return joined{}, err
	}
	name, err := nameFor(token, request.GetName())
	if err != nil {
		return joined{}, err
	}
	_, key, err := identity.ParseRequest(request.GetCertificateRequest())
	if err != nil {
		return joined{}, err
	}
	before, found, err := joinedBefore(ctx, f.config.Store, token, name, key)
	if err != nil {
		return joined{}, err
	}
	if found {
		return f.answerAgain(before, token, request.GetCertificateRequest(), now)
	}
	if err := identity.CheckToken(token, hash, now); err != nil { // not used up, either
		return joined{}, err
	}
	j := joined{id: engine.NewID(), name: name, token: token}
	kind := identity.Component
	if token.Kind == engine.JoinAdministrator {
		kind = identity.Administrator
	}
	if j.certificate, err = f.issue(kind, j.id, token.Role, request.GetCertificateRequest(), now); err != nil {
		return joined{}, err
	}
	err = f.config.Members.Enrol(func() (enrolled Enrolled, err error) {
		err = f.config.Store.Write(ctx, func(tx engine.Transaction) error {
			token, err := knownToken(ctx, tx, hash, now)
			if err != nil {
				return err
			}
			var found bool
			if before, found, err = joinedBefore(ctx, tx, token, name, key); err != nil {
				return err
			} else if found { // its other call was faster
				return errJoinedBefore
			}
			if err := identity.CheckToken(token, hash, now); err != nil { // not used up, either
				return err
			}
			// A key is one machine's only: what it was for stays clear.
			if named, err := tx.KeyNamed(ctx, key); err != nil {
				return err
			} else if named {
				return ErrKeyNamed
			}
			token.Take(now)
			if err := tx.PutJoinToken(token); err != nil {
				return err
			}
			j.token = token
			enrolled, err = putJoined(tx, j, key, now)
			return err
		})
		return enrolled, err
	})
	if errors.Is(err, errJoinedBefore) {
		return f.answerAgain(before, token, request.GetCertificateRequest(), now)
	}
	return j, err
}

// knownToken finds a token that lets somebody in now, or that did and is used up: who joined with it may have lost the answer.
func knownToken(ctx context.Context, from engine.Records, hash [32]byte, now time.Time) (engine.JoinToken, error) {
	token, err := from.JoinToken(ctx, hash)
	if errors.Is(err, engine.ErrNotFound) {
		return token, identity.ErrTokenUnknown
	}
	if err != nil {
		return token, err
	}
	if err := identity.CheckToken(token, hash, now); err != nil && !errors.Is(err, identity.ErrTokenUsed) {
		return token, err
	}
	return token, nil
}

// nameFor is what the holder of a token will be called: what the token says, or what the machine asks for where that matches its pattern.
func nameFor(token engine.JoinToken, asked string) (string, error) {
	switch {
	case token.Uses == 0 && (asked == "" || engine.SameName(asked, token.Name)):
		return token.Name, nil
	case token.Uses == 0:
		return "", errOtherName
	case asked == "":
		return "", errNameNeeded
	}
	if err := engine.CheckPatternName(token.Name, asked); err != nil {
		return "", badName{err}
	}
	return asked, nil
}

// badName is why a name does not do.
type badName struct{ error }

// joinedBefore finds the component of that name which has that very key. The name alone proves nothing.
func joinedBefore(ctx context.Context, from engine.Records, token engine.JoinToken, name string, key engine.KeyID) (engine.Component, bool, error) {
	if token.Kind != engine.JoinComponent {
		return engine.Component{}, false, nil
	}
	c, err := from.ComponentNamed(ctx, name)
	if errors.Is(err, engine.ErrNotFound) {
		return c, false, nil
	}
	return c, err == nil && c.Key == key && c.Role == token.Role && c.Tenant == "", err
}

// answerAgain gives a machine that has joined another certificate for the key that it joined with.
func (f *Front) answerAgain(c engine.Component, token engine.JoinToken, request []byte, now time.Time) (joined, error) {
	if !f.renewals.allow(c.ID) {
		return joined{}, errTooOften
	}
	certificate, err := f.issue(identity.Component, c.ID, c.Role, request, now)
	return joined{id: c.ID, name: c.Name, token: token, certificate: certificate, again: true}, err
}

// tokenUse says in the audit by which token somebody joined, and how many that has let in by now.
type tokenUse struct {
	ID   engine.ID `json:"id"`
	Name string    `json:"name"`
	Use  int       `json:"use"`
	Of   int       `json:"of"`
}

// joinedComponent is what the audit keeps of a machine that joins.
type joinedComponent struct {
	engine.Component
	Token tokenUse `json:"token"`
}

// joinedAdministrator is what it keeps of an administrator.
type joinedAdministrator struct {
	engine.Administrator
	Token tokenUse `json:"token"`
}

func putJoined(tx engine.Transaction, j joined, key engine.KeyID, now time.Time) (enrolled Enrolled, err error) {
	var thing any
	use := tokenUse{j.token.ID, j.token.Name, j.token.Taken, j.token.Most()}
	if j.token.Kind == engine.JoinAdministrator {
		a := engine.Administrator{ID: j.id, Name: j.name, Role: j.token.Administrator, Key: key, Joined: now, CertificateExpires: j.certificate.NotAfter}
		if err := tx.PutAdministrator(a); err != nil {
			return enrolled, err
		}
		thing, enrolled.Administrator = joinedAdministrator{a, use}, &a
	} else {
		c := engine.Component{ID: j.id, Revision: 1, Name: j.name, Role: j.token.Role, Tags: j.token.Tags, Key: key, Joined: now, CertificateExpires: j.certificate.NotAfter}
		if err := tx.PutComponent(c); err != nil {
			return enrolled, err
		}
		thing, enrolled.Component = joinedComponent{c, use}, &c
	}
	who := engine.Actor(fmt.Sprintf("%s %s", j.token.Kind, j.name))
	return enrolled, engine.AppendChange(tx, engine.AuditEntry{When: now, Who: who, What: string(j.token.Kind) + ".join", Thing: j.name}, nil, thing)
}

// joinStatus gives the reason of a refusal without details of the broker.
func joinStatus(err error) error {
	for _, known := range []error{identity.ErrTokenUnknown, identity.ErrTokenRevoked, identity.ErrTokenUsed, identity.ErrTokenExpired, errOtherName} {
		if errors.Is(err, known) {
			return status.Error(codes.PermissionDenied, known.Error())
		}
	}
	var name badName
	switch {
	case errors.As(err, &name):
		return status.Error(codes.PermissionDenied, name.Error())
	case errors.Is(err, engine.ErrNameTaken):
		return status.Error(codes.AlreadyExists, "another machine has that name here: take another name, or revoke the component that has it")
	case errors.Is(err, identity.ErrBadRequest), errors.Is(err, ErrKeyNamed), errors.Is(err, errNameNeeded):
		return status.Error(codes.InvalidArgument, err.Error())
	case errors.Is(err, errTooOften):
		return status.Error(codes.ResourceExhausted, err.Error())
	}
	return status.Error(codes.Unavailable, "the broker cannot use its record at this moment; its log says why")
}
