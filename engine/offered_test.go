package engine

import (
	"slices"
	"testing"
)

func TestTheBackendsThatAnAllowListNamesAreOffered(t *testing.T) {
	list := []string{"127.0.0.1:8000", "10.0.0.0/8:5432", "NAS.example.org:873", "127.0.0.1:9000-9010", "[::1]:8000,9103", "127.0.0.1:8000", "rubbish"}
	want := []string{"127.0.0.1:8000", "nas.example.org:873", "[::1]:8000", "[::1]:9103"}
	got := OfferedBackends(list)
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for _, backend := range got {
		if !AllowsBackend(list, backend) {
			t.Errorf("%s is offered and not allowed", backend)
		}
	}
}
