package machine

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// names answers for host names.
type names map[string][]string

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	var addresses []netip.Addr
	for _, text := range n[host] {
		addresses = append(addresses, netip.MustParseAddr(text))
	}
	if len(addresses) == 0 {
		return nil, errors.New("no such host")
	}
	return addresses, nil
}

func TestBackendListCoversOnlyWhatItNames(t *testing.T) {
	dns := names{
		"localhost": {"127.0.0.1", "::1"}, "db.example": {"10.0.0.5", "10.0.9.9"}, "mapped.example": {"::ffff:10.0.0.5"},
		"nowhere.example": {"0.0.0.0", "::"}, "many.example": {"224.0.0.1", "192.0.2.1", "10.0.0.6"},
	}
	for _, test := range []struct {
		entry, backend, want string // want: addresses, or a part of the error in brackets
	}{
		{"127.0.0.1:8000", "127.0.0.1:8000", "127.0.0.1:8000"},
		{"127.0.0.1:8000", "127.0.0.1:8001", "[allow-backend add 127.0.0.1:8001]"},
		{"127.0.0.1:8000", "127.0.0.2:8000", "[does not cover]"},
		{"127.0.0.1:8000", "[::ffff:127.0.0.1]:8000", "127.0.0.1:8000"},
		{"127.0.0.1:8000", "localhost:8000", "127.0.0.1:8000"},
		{"localhost:8000", "localhost:8000", "127.0.0.1:8000 [::1]:8000"},
		{"localhost:8000", "127.0.0.1:8000", "127.0.0.1:8000"},
		{"localhost:8000", "127.0.0.2:8000", "[does not cover]"},
		{"10.0.0.0/24:5432-5440,6000", "10.0.0.5:5440", "10.0.0.5:5440"},
		{"10.0.0.0/24:5432-5440,6000", "10.0.0.5:6000", "10.0.0.5:6000"},
		{"10.0.0.0/24:5432-5440,6000", "10.0.0.5:5441", "[does not cover]"},
		{"10.0.0.0/24:5432", "10.0.1.5:5432", "[does not cover]"},
		{"10.0.0.0/24:5432", "db.example:5432", "10.0.0.5:5432"},
		{"10.0.0.0/24:5432", "mapped.example:5432", "10.0.0.5:5432"},
		{"DB.example.:5432", "db.example:5432", "10.0.0.5:5432 10.0.9.9:5432"},
		{"db.example:5432", "10.0.0.5:5432", "[does not cover]"},
		{"0.0.0.0/0:80", "0.0.0.0:80", "[cannot be connected to]"},
		{"[::/0]:80", "[::]:80", "[cannot be connected to]"},
		{"0.0.0.0/0:80", "nowhere.example:80", "[does not cover]"},
		{"nowhere.example:80", "nowhere.example:80", "[does not cover]"},
		{"0.0.0.0/0:80", "many.example:80", "192.0.2.1:80 10.0.0.6:80"},
		{"[2001:db8::/32]:80", "[2001:db8::1]:80", "[2001:db8::1]:80"},
		{"[2001:db8::/32]:80", "10.0.0.1:80", "[does not cover]"},
		{"0.0.0.0/0:80", "missing.example:80", "[does not resolve here]"},
		{"0.0.0.0/0:80", "missing.example:81", "[does not cover]"},
		{"127.0.0.1:80", "127.0.0.1", "[backend]"},
	} {
		list, err := NewBackendList([]string{test.entry})
		if err != nil {
			t.Errorf("%s: %v", test.entry, err)
			continue
		}
		endpoints, err := list.Resolve(t.Context(), dns, test.backend)
		if part, fails := strings.CutPrefix(test.want, "["); fails && !strings.Contains(test.want, "]:") {
			if part = strings.TrimSuffix(part, "]"); err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s for %s: got %v, %v, want an error with %q", test.backend, test.entry, endpoints, err, part)
			}
			continue
		}
		var got []string
		for _, endpoint := range endpoints {
			got = append(got, endpoint.String())
		}
		if err != nil || strings.Join(got, " ") != test.want {
			t.Errorf("%s for %s: got %v, %v, want %s", test.backend, test.entry, got, err, test.want)
		}
	}
	if _, err := (BackendList{}).Resolve(t.Context(), dns, "127.0.0.1:8000"); !errors.Is(err, ErrBackendForbidden) {
		t.Errorf("an empty list: %v", err)
	}
}

func TestEntriesAlwaysNameTheirPorts(t *testing.T) {
	for _, entry := range []string{
		"", ":", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:http", "127.0.0.1:80-70", "127.0.0.1:80,", "127.0.0.1:-",
		"::1:80", "2001:db8::/32:80", "[::1]", "[db.example]:80", "10.0.0.1/24:80", "10.0.0.0/33:80", "::ffff:10.0.0.0/120:80", "[::ffff:10.0.0.0/120]:80",
		"0.0.0.0:80", "[::]:80", "a b:80", "-x:80", "10.0.0.0/8", "[fe80::1%eth0]:80", strings.Repeat("a", 300) + ":80", "1.2.3.4:" + strings.Repeat("1,", 40) + "1",
	} {
		if _, err := NewBackendList([]string{entry}); err == nil {
			t.Errorf("%q was taken", entry)
		}
	}
}

func TestListenListCoversAllAddressesOnlyWhenItSaysSo(t *testing.T) {
	for _, test := range []struct {
		entries []string
		listen  string
		want    bool
	}{
		{DefaultListenList, "127.0.0.1:8000", true},
		{DefaultListenList, "127.9.9.9:1024", true},
		{DefaultListenList, "[::1]:65535", true},
		{DefaultListenList, "127.0.0.1:1023", false},
		{DefaultListenList, "10.0.0.1:8000", false},
		{DefaultListenList, "0.0.0.0:8000", false},
		{DefaultListenList, "[::]:8000", false},
		{DefaultListenList, "localhost:8000", false},
		{DefaultListenList, "127.0.0.1:0", false},
		{[]string{"0.0.0.0/0:8000"}, "0.0.0.0:8000", true},
		{[]string{"0.0.0.0/1:8000"}, "0.0.0.0:8000", false},
		{[]string{"0.0.0.0/0:8000"}, "10.0.0.1:8000", true},
		{[]string{"10.0.0.1:80"}, "10.0.0.1:80", true},
	} {
		list, err := NewListenList(test.entries)
		if err != nil {
			t.Fatal(err)
		}
		_, err = list.Check(test.listen)
		if test.listen == "0.0.0.0:8000" || test.listen == "[::]:8000" {
			// Unspecified addresses are never dialled, but may be listened on.
			if got := err == nil; got != test.want {
				t.Errorf("%s by %v: %v", test.listen, test.entries, err)
			}
			continue
		}
		if got := err == nil; got != test.want {
			t.Errorf("%s by %v: %v", test.listen, test.entries, err)
		}
	}
	if _, err := NewListenList([]string{"localhost:8000"}); err == nil {
		t.Error("a name was taken")
	}
}

func TestHintOfListenListCanBeFollowed(t *testing.T) {
	none, err := NewListenList(DefaultListenList)
	if err != nil {
		t.Fatal(err)
	}
	for _, listen := range []string{"0.0.0.0:8000", "[::]:8000", "10.0.0.1:80", "[2001:db8::1]:80"} {
		_, err := none.Check(listen)
		if err == nil {
			t.Fatalf("%s is covered", listen)
		}
		_, entry, found := strings.Cut(err.Error(), "allow-listen add ")
		if !found {
			t.Fatalf("no hint in %q", err)
		}
		list, err := NewListenList([]string{entry})
		if err != nil {
			t.Errorf("the hint %q: %v", entry, err)
			continue
		}
		if _, err := list.Check(listen); err != nil {
			t.Errorf("with the hint %q: %v", entry, err)
		}
	}
}

func TestBackendFileKeepsEntriesAndRefusesGarbage(t *testing.T) {
	folder := t.TempDir()
	if list, err := ReadBackends(folder); err != nil || len(list.Entries()) != 0 {
		t.Fatalf("a missing file: %v, %v", list.Entries(), err)
	}
	for _, entry := range []string{"127.0.0.1:8000", "10.0.0.0/8:5432", "127.0.0.1:8000"} {
		if err := AddBackend(folder, entry); err != nil {
			t.Fatal(err)
		}
	}
	if err := RemoveBackend(folder, "1.2.3.4:5"); !errors.Is(err, ErrNoEntry) {
		t.Errorf("removing what is not there: %v", err)
	}
	if err := RemoveBackend(folder, "127.0.0.1:8000"); err != nil {
		t.Fatal(err)
	}
	if list, err := ReadBackends(folder); err != nil || !slices.Equal(list.Entries(), []string{"10.0.0.0/8:5432"}) {
		t.Errorf("kept %v, %v", list.Entries(), err)
	}
	path := filepath.Join(folder, backendFile)
	if err := os.WriteFile(path, []byte("\ufeff# by hand, on Windows\r\n127.0.0.1:8000\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if list, err := ReadBackends(folder); err != nil || !slices.Equal(list.Entries(), []string{"127.0.0.1:8000"}) {
		t.Errorf("as Windows writes it: %v, %v", list.Entries(), err)
	}
	for name, text := range map[string]string{"garbage": "hello\n", "too long": strings.Repeat("#", maximumEntryFile+1), "too many": manyEntries(maximumBackends + 1)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadBackends(folder); err == nil || !strings.Contains(err.Error(), "allow-backend list") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func manyEntries(n int) string {
	var text strings.Builder
	for port := range n {
		text.WriteString(netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(port+1)).String() + "\n")
	}
	return text.String()
}
