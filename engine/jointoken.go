package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A token for several machines lets in at most MaximumTokenUses of them, for at most MaximumTokenLifetime. Whoever reads it can join until
// then, so that both are as small as a rollout allows.
const (
	MaximumTokenUses     = 10_000
	MaximumTokenLifetime = 7 * 24 * time.Hour
	// RolloutLifetime is how long a token for several machines counts where nobody says it.
	RolloutLifetime = 24 * time.Hour
)

// JoinToken is what the broker keeps of a join token: never the token itself.
type JoinToken struct {
	ID   ID
	Hash [32]byte // of the token's secret
	Kind JoinKind
	// Name and Role are what the joining component will have; an administrator's role stands in Administrator. Name is a pattern where the
	// token lets several machines in.
	Name          string
	Role          Role
	Administrator AdministratorRole
	Tags          []string
	Made, Expires time.Time
	// Uses is how many machines it lets in, whose names match the pattern Name; 0 where it lets one in, which is called Name.
	Uses int
	// Taken is how many it has let in.
	Taken int
	// Used is when it let the last one in; zero while it can let more in.
	Used time.Time
	// Revoked is when an administrator took it back; zero where nobody did.
	Revoked time.Time
}

// Most is how many the token lets in.
func (t *JoinToken) Most() int { return max(1, t.Uses) }

// Take counts that the token lets somebody in.
func (t *JoinToken) Take(now time.Time) {
	t.Taken++
	if t.Taken >= t.Most() {
		t.Used = now
	}
}

// JoinKind says whom a join token lets in.
type JoinKind string

const (
	JoinComponent     JoinKind = "component"
	JoinAdministrator JoinKind = "administrator"
)

// TokenRequest asks for a join token.
type TokenRequest struct {
	Kind JoinKind `json:"kind"`
	// Name is the joining machine's; with Uses it is a pattern such as branch-*.
	Name          string            `json:"name"`
	Role          Role              `json:"role,omitempty"`
	Tags          []string          `json:"tags,omitempty"`
	Administrator AdministratorRole `json:"administrator,omitempty"`
	// Uses asks for a token that lets so many components in, which say their names themselves; 0 for one machine, called Name.
	Uses int `json:"uses,omitempty"`
	// Valid is how long a token for several machines counts; 0 means RolloutLifetime. One for a single machine has its fixed time.
	Valid time.Duration `json:"valid,omitempty"`
	// Addresses are where the joining machine reaches the broker; empty means those that the broker knows.
	Addresses []string `json:"addresses,omitempty"`
}

// CheckSeveral checks what a token for several machines may be.
func (r *TokenRequest) CheckSeveral() error {
	field := func(name string, err error) error { return &FieldError{Field: name, Err: err} }
	switch {
	case r.Kind != JoinComponent:
		return field("uses", errors.New("a token for several is for components only"))
	case r.Uses < 1 || r.Uses > MaximumTokenUses:
		return field("uses", fmt.Errorf("a token lets 1 to %d machines in, not %d", MaximumTokenUses, r.Uses))
	case r.Valid < 0 || r.Valid > MaximumTokenLifetime:
		return field("valid", fmt.Errorf("a token counts for at most %d days", MaximumTokenLifetime/(24*time.Hour)))
	case r.Valid != 0 && r.Valid < time.Minute:
		return field("valid", errors.New("a token counts for at least a minute"))
	case r.Role == ProviderGateway:
		return field("role", errors.New("each provider gateway joins with a token of its own: tenants trust what it proves"))
	}
	if err := CheckNamePattern(r.Name); err != nil {
		return field("name", err)
	}
	return nil
}

// Token is a join token as it is shown once.
type Token struct {
	ID      ID        `json:"id"`
	Secret  string    `json:"token"`
	Expires time.Time `json:"expires"`
}

// TokenStatus is a join token as it can be listed, which says nothing of its secret.
type TokenStatus struct {
	ID            ID                `json:"id"`
	Kind          JoinKind          `json:"kind"`
	Name          string            `json:"name"` // a pattern where Uses is not 0
	Role          Role              `json:"role,omitempty"`
	Administrator AdministratorRole `json:"administrator,omitempty"`
	Tags          []string          `json:"tags,omitempty"`
	Uses          int               `json:"uses,omitempty"`
	Taken         int               `json:"taken"`
	Made          time.Time         `json:"made"`
	Expires       time.Time         `json:"expires"`
	Used          time.Time         `json:"used,omitzero"`
	Revoked       time.Time         `json:"revoked,omitzero"`
}

// Status is what can be shown of a token.
func (t *JoinToken) Status() TokenStatus {
	return TokenStatus{t.ID, t.Kind, t.Name, t.Role, t.Administrator, t.Tags, t.Uses, t.Taken, t.Made, t.Expires, t.Used, t.Revoked}
}

// State says in words whether the token lets somebody in.
func (t *TokenStatus) State(now time.Time) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked"
	case !t.Used.IsZero():
		return "used up"
	case !now.Before(t.Expires):
		return "expired"
	}
	return "open"
}

// Open tells whether the token lets somebody in.
func (t *TokenStatus) Open(now time.Time) bool { return t.State(now) == "open" }

// CheckNamePattern checks the pattern that the names of several machines match: a name with one *.
func CheckNamePattern(pattern string) error {
	before, after, found := strings.Cut(pattern, "*")
	if !found || strings.Contains(after, "*") {
		return errors.New("the names of several machines are a pattern with one *, such as branch-*")
	}
	if before+after == "" {
		return nil // whatever is asked for is checked as a name
	}
	if err := CheckComponentName(before + "x" + after); err != nil {
		return err
	}
	return nil
}

// CheckPatternName checks the name that a machine asks for against the pattern of its token. What * stands for is what host names are made
// of, so that no machine can call itself something that looks like another's name.
func CheckPatternName(pattern, name string) error {
	if err := CheckComponentName(name); err != nil {
		return err
	}
	before, after, _ := strings.Cut(pattern, "*")
	outside := fmt.Errorf("the name %q is none of %s, for which the token was made", abbreviate(name, MaximumNameLength), pattern)
	if len(name) <= len(before)+len(after) {
		return outside
	}
	between := name[len(before) : len(name)-len(after)]
	if !SameName(name[:len(before)], before) || !SameName(name[len(name)-len(after):], after) {
		return outside
	}
	for _, r := range between {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_') {
			return fmt.Errorf("the name %q: where the token's pattern has *, a name has letters a-z, digits, -, . and _ only", abbreviate(name, MaximumNameLength))
		}
	}
	return nil
}
