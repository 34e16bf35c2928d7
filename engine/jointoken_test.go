package engine

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestAPatternLetsInItsNamesAndNoOthers(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		fits          bool
	}{
		{"branch-*", "branch-1", true}, {"branch-*", "Branch-Köln", false}, {"branch-*", "BRANCH-7.example", true}, {"branch-*", "branch-", false},
		{"branch-*", "branch", false}, {"branch-*", "xbranch-1", false}, {"branch-*", "repository", false}, {"*-edge", "a-edge", true}, {"*-edge", "-edge", false},
		{"*-edge", "a-edge2", false}, {"a*a", "a", false}, {"a*a", "aa", false}, {"a*a", "aba", true}, {"*", "anything", true}, {"*", "10.0.0.1", false}, {"*", "tag:x", false},
		{"*", "any", false}, {"branch-*", "branch-a b", false}, {"branch-*", "branch-\u0430", false}, {"branch-*", "branch-a\u202eb", false}, {"branch-*", "branch-*", false}, {"ä-*", "Ä-1", true},
		{"branch-*", "branch-" + strings.Repeat("a", 64), false}, {"branch-*", "", false},
	} {
		if err := CheckPatternName(test.pattern, test.name); (err == nil) != test.fits {
			t.Errorf("%s, %q: %v", test.pattern, test.name, err)
		}
	}
}

func TestTokensForSeveralMachinesAreBounded(t *testing.T) {
	good := TokenRequest{Kind: JoinComponent, Name: "branch-*", Role: Agent, Uses: MaximumTokenUses, Valid: MaximumTokenLifetime}
	if err := good.CheckSeveral(); err != nil {
		t.Error(err)
	}
	for name, test := range map[string]struct {
		field string
		edit  func(*TokenRequest)
	}{
		"too many":           {"uses", func(r *TokenRequest) { r.Uses++ }},
		"a negative number":  {"uses", func(r *TokenRequest) { r.Uses = -1 }},
		"too long":           {"valid", func(r *TokenRequest) { r.Valid++ }},
		"a moment":           {"valid", func(r *TokenRequest) { r.Valid = time.Second }},
		"a negative time":    {"valid", func(r *TokenRequest) { r.Valid = -time.Hour }},
		"administrators":     {"uses", func(r *TokenRequest) { r.Kind = JoinAdministrator }},
		"provider gateways":  {"role", func(r *TokenRequest) { r.Role = ProviderGateway }},
		"one name":           {"name", func(r *TokenRequest) { r.Name = "branch-1" }},
		"two stars":          {"name", func(r *TokenRequest) { r.Name = "*-branch-*" }},
		"no name":            {"name", func(r *TokenRequest) { r.Name = "" }},
		"what is no name":    {"name", func(r *TokenRequest) { r.Name = "tag:*" }},
		"a name too long":    {"name", func(r *TokenRequest) { r.Name = strings.Repeat("a", 64) + "*" }},
		"a control sequence": {"name", func(r *TokenRequest) { r.Name = "\x1b*" }},
	} {
		request := good
		test.edit(&request)
		var field *FieldError
		if err := request.CheckSeveral(); !errors.As(err, &field) || field.Field != test.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}
