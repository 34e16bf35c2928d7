package administration

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
)

// NewToken makes a join token. The name for the joining machine must be free.
func (l *Local) NewToken(ctx context.Context, request engine.TokenRequest) (engine.Token, error) {
	authority, err := l.Authority()
	if err != nil {
		return engine.Token{}, err
	}
	if len(request.Addresses) == 0 && l.Broker != nil {
		request.Addresses = l.Broker.Addresses()
	}
	if len(request.Addresses) == 0 {
		return engine.Token{}, &engine.FieldError{Field: "addresses", Err: fmt.Errorf("say where the machine reaches the broker, as HOST:PORT")}
	}
	if err := l.checkTokenRequest(ctx, request); err != nil {
		return engine.Token{}, err
	}
	token, err := identity.NewToken(authority.Pin(), request.Addresses)
	if err != nil {
		return engine.Token{}, err
	}
	now := l.Now()
	kept := engine.JoinToken{
		ID: engine.NewID(), Hash: token.Hash(), Kind: request.Kind, Name: request.Name, Role: request.Role, Tags: request.Tags,
		Administrator: request.Administrator, Made: now, Uses: request.Uses, Expires: now.Add(lifetime(request)),
	}
	err = l.Store.Write(ctx, func(tx engine.Transaction) error {
		// Old tokens that nobody can use any more are removed.
		if err := tx.RemoveJoinTokens(now.Add(-24 * time.Hour)); err != nil {
			return err
		}
		if err := tx.PutJoinToken(kept); err != nil {
			return err
		}
		request.Addresses = nil
		return l.audit(tx, "token.make", request.Name, nil, request)
	})
	if err != nil {
		return engine.Token{}, err
	}
	return engine.Token{ID: kept.ID, Secret: token.Reveal(), Expires: kept.Expires}, nil
}

// lifetime is how long a token counts.
func lifetime(request engine.TokenRequest) time.Duration {
	if request.Uses == 0 {
		return identity.TokenLifetime
	}
	return cmp.Or(request.Valid, engine.RolloutLifetime)
}

func (l *Local) checkTokenRequest(ctx context.Context, request engine.TokenRequest) error {
	if err := checkTokenName(request); err != nil {
		return err
	}
	switch request.Kind {
	case engine.JoinComponent:
		if _, err := engine.ParseRole(string(request.Role)); err != nil {
			return &engine.FieldError{Field: "role", Err: err}
		}
		if err := checkTags(request.Tags); err != nil {
			return err
		}
		if request.Uses > 0 {
			return nil // a pattern; the names are free or not when the machines come
		}
		_, err := l.Store.ComponentNamed(ctx, request.Name)
		if err == nil {
			return &engine.FieldError{Of: fmt.Sprintf("component %q", request.Name), Field: "name", Err: engine.ErrNameTaken}
		}
		if !errors.Is(err, engine.ErrNotFound) {
			return err
		}
	case engine.JoinAdministrator:
		if request.Administrator != engine.MayView && request.Administrator != engine.MayChange {
			return &engine.FieldError{Field: "role", Err: fmt.Errorf("use view or change")}
		}
	default:
		return &engine.FieldError{Field: "kind", Err: fmt.Errorf("use component or administrator")}
	}
	return nil
}

// checkTokenName checks the name or the pattern of names, and how long and how often the token counts.
func checkTokenName(request engine.TokenRequest) error {
	switch {
	case request.Uses != 0:
		return request.CheckSeveral()
	case request.Valid != 0:
		return &engine.FieldError{Field: "valid", Err: fmt.Errorf("a token for one machine counts for %d minutes; say how many it is for", identity.TokenLifetime/time.Minute)}
	}
	checkName := engine.CheckName
	if request.Kind == engine.JoinComponent {
		checkName = engine.CheckComponentName
		if engine.CheckNamePattern(request.Name) == nil {
			return &engine.FieldError{Field: "uses", Err: fmt.Errorf("%s is a pattern of names: say how many machines the token is for", request.Name)}
		}
	}
	if err := checkName(request.Name); err != nil {
		return &engine.FieldError{Field: "name", Err: err}
	}
	return nil
}

// Tokens gives the join tokens that are kept, the newest first.
func (l *Local) Tokens(ctx context.Context) ([]engine.TokenStatus, error) {
	tokens, err := l.Store.JoinTokens(ctx)
	if err != nil {
		return nil, err
	}
	statuses := make([]engine.TokenStatus, len(tokens))
	for i := range tokens {
		statuses[i] = tokens[i].Status()
	}
	slices.SortStableFunc(statuses, func(a, b engine.TokenStatus) int { return b.Made.Compare(a.Made) })
	return statuses, nil
}

// RevokeToken has a token let nobody in any more. One that does so anyway stays as it is.
func (l *Local) RevokeToken(ctx context.Context, id engine.ID) error {
	return l.Store.Write(ctx, func(tx engine.Transaction) error {
		tokens, err := tx.JoinTokens(ctx)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(tokens, func(t engine.JoinToken) bool { return t.ID == id })
		if at < 0 {
			return fmt.Errorf("join token %s: %w", id, engine.ErrNotFound)
		}
		token := tokens[at]
		before := token.Status()
		if !token.Revoked.IsZero() {
			return nil
		}
		token.Revoked = l.Now()
		if err := tx.PutJoinToken(token); err != nil {
			return err
		}
		return l.audit(tx, "token.revoke", token.Name, before, token.Status())
	})
}
