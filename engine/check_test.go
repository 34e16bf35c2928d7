package engine

import (
	"errors"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for _, name := range []string{"a", "Branch uplink", "Büro 1", strings.Repeat("ä", 64), "日本", "a:b,c"} {
		if err := CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", " ", " a", "a ", "a\tb", "a\x00", "a\u200bb", "a\xff", "a\u2028b", strings.Repeat("a", 65)} {
		if CheckName(name) == nil {
			t.Errorf("%q passes", name)
		}
	}
}

func TestTags(t *testing.T) {
	for _, tag := range []string{"a", "site-1", "a_b.c", strings.Repeat("a", 64)} {
		if err := CheckTag(tag); err != nil {
			t.Errorf("%q: %v", tag, err)
		}
	}
	for _, tag := range []string{"", "A", "a b", "ä", "a/b", "a:b", strings.Repeat("a", 65)} {
		if CheckTag(tag) == nil {
			t.Errorf("%q passes", tag)
		}
	}
}

func TestHostPortAndListen(t *testing.T) {
	for _, text := range []string{"127.0.0.1:8000", "[::1]:873", "nas.example:443", "localhost:1", "10.0.0.1:65535"} {
		if err := CheckHostPort(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "127.0.0.1", ":80", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:http", "a b:80", "::1:80", "nas.example:+80"} {
		if CheckHostPort(text) == nil {
			t.Errorf("%q passes", text)
		}
	}
	for text, ok := range map[string]bool{"127.0.0.1:8000": true, "[::1]:1": true, "0.0.0.0:80": true, "localhost:80": false, "127.0.0.1:0": false, "127.0.0.1": false, "": false} {
		if (CheckListen(text) == nil) != ok {
			t.Errorf("%q: not %v", text, ok)
		}
	}
	for text, loopback := range map[string]bool{"127.0.0.1:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true, "localhost:80": true, "0.0.0.0:80": false, "10.0.0.1:80": false, "nas:80": false, "x": false} {
		if IsLoopback(text) != loopback {
			t.Errorf("%q: not %v", text, loopback)
		}
	}
}

func TestServicesAndRoutesNameTheField(t *testing.T) {
	service := func(change func(*Service)) error {
		s := Service{Name: "rest", Target: "t", Backend: "127.0.0.1:8000"}
		change(&s)
		return s.Check()
	}
	route := func(change func(*Route)) error {
		r := Route{Name: "files", Sources: []ID{"s"}, Service: "v", Listen: "127.0.0.1:9000", Direction: Push}
		change(&r)
		return r.Check()
	}
	for _, test := range []struct {
		err   error
		field string // empty: passes
	}{
		{service(func(*Service) {}), ""},
		{service(func(s *Service) { s.Name = "" }), "name"},
		{service(func(s *Service) { s.Target = "" }), "target"},
		{service(func(s *Service) { s.Backend = "127.0.0.1" }), "backend"},
		{route(func(*Route) {}), ""},
		{route(func(r *Route) { r.Sources, r.SourceTag = nil, "branch" }), ""},
		{route(func(r *Route) { r.Name = "" }), "name"},
		{route(func(r *Route) { r.Sources = nil }), "source"},
		{route(func(r *Route) { r.SourceTag = "branch" }), "source"},
		{route(func(r *Route) { r.Sources, r.SourceTag = nil, "A" }), "source"},
		{route(func(r *Route) { r.Service = "" }), "service"},
		{route(func(r *Route) { r.Direction = "" }), "flow"},
		{route(func(r *Route) { r.LingerSeconds = 601 }), "linger"},
		{route(func(r *Route) { r.Listen = "localhost:9000" }), "listen"},
	} {
		var field *FieldError
		if test.field == "" && test.err != nil || test.field != "" && (!errors.As(test.err, &field) || field.Field != test.field) {
			t.Errorf("%v, not of field %q", test.err, test.field)
		}
	}
}

func TestRoles(t *testing.T) {
	for _, role := range Roles {
		if got, err := ParseRole(string(role)); err != nil || got != role {
			t.Errorf("%v %v", got, err)
		}
	}
	if _, err := ParseRole("Proxy"); err == nil || len(Roles) != 7 {
		t.Errorf("%v", err)
	}
}
