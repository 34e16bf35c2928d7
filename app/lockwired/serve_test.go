package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/identity"
)

// log keeps what a broker says, and tells when it is ready.
type log struct {
	mu    sync.Mutex
	text  bytes.Buffer
	ready chan struct{}
	once  sync.Once
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes.Contains(p, []byte(`"msg":"ready"`)) {
		l.once.Do(func() { close(l.ready) })
	}
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestServeSaysThatItIsReadyAndNeverWhatIsSecret(t *testing.T) {
	path := filepath.Join(shortFolder(t), "data")
	ctx, stop := context.WithCancel(t.Context())
	said, ended := &log{ready: make(chan struct{})}, make(chan error, 1)
	root := rootCommand()
	root.SetArgs([]string{"serve", "--data", path, "--listen", "127.0.0.1:0", "--log-format", "json", "--log-level", "debug", "--metrics", "0"})
	root.SetOut(said)
	root.SetErr(said)
	go func() { ended <- root.ExecuteContext(ctx) }()
	select {
	case <-said.ready:
	case err := <-ended:
		t.Fatalf("%v\n%s", err, said)
	}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	token := run(t, "", "administrators", "token", "Ann", "--role", "change", "--data", path)
	if enrolled := run(t, token.out, "administrators", "enrol", "--token-file", "-"); enrolled.code != 0 {
		t.Fatal(enrolled.err)
	}
	phrase := "correct horse battery"
	if got := run(t, phrase, "backup", filepath.Join(t.TempDir(), "backup"), "--passphrase-file", "-", "--data", path); got.code != 0 {
		t.Fatal(got.err)
	}
	run(t, strings.ToUpper(token.out), "administrators", "enrol", "--token-file", "-") // refused: it is used
	stop()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	parsed, err := identity.ParseToken(token.out)
	if err != nil {
		t.Fatal(err)
	}
	text := said.String()
	for name, secret := range map[string]string{"the token": strings.TrimSpace(token.out), "the token's secret": string(parsed.Secret()), "the passphrase": phrase} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
			t.Errorf("the log has %s", name)
		}
	}
	for _, want := range []string{`"address":"127.0.0.1:`, `"data":"` + path, `"metrics":"127.0.0.1:`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in the log:\n%s", want, text)
		}
	}
	// What the record keeps of it is a hash.
	again := run(t, "", "audit", "--json", "--data", path)
	if again.code != 0 || strings.Contains(again.out, strings.TrimSpace(token.out)) {
		t.Errorf("the audit: %d, %s", again.code, again.err)
	}
}

func TestServeRefusesWhatItCannotDoAndSaysWhy(t *testing.T) {
	path := serve(t)
	for _, test := range []struct {
		arguments []string
		code      int
		says      string
	}{
		{[]string{"serve", "--data", path, "--listen", "127.0.0.1:0"}, host.ExitFailed, engine.ErrFolderInUse.Error()},
		{[]string{"serve", "--data", folder(t), "--log-level", "loud"}, host.ExitUsage, "--log-level"},
		{[]string{"serve", "--data", folder(t), "--log-format", "xml"}, host.ExitUsage, "--log-format"},
		{[]string{"serve", "--data", folder(t), "--listen", "127.0.0.1:0", "--metrics", "nowhere:x"}, host.ExitFailed, "--metrics"},
		{[]string{"serve", "--data", folder(t), "--listen", "nowhere"}, host.ExitUsage, "--listen"},
		{[]string{"serve", "--data", folder(t), "--listen", "127.0.0.1:0", "--advertise", "[fe80::1]:6170"}, host.ExitUsage, "link-local"},
		{[]string{"serve", "--data", folder(t), "--proxy", "http://user:hunter2@proxy.example:3128"}, host.ExitUsage, "--proxy: a password on the command line"},
		{[]string{"serve", "--data", folder(t), "--proxy-credentials", "file"}, host.ExitUsage, "--proxy-credentials"},
		{[]string{"serve", "more"}, host.ExitUsage, "more"},
		{[]string{"authority", "passphrase", "--remove", "--data", path}, host.ExitFailed, engine.ErrFolderInUse.Error()},
		{[]string{"authority", "passphrase", "--remove", "--data", filepath.Join(path, "nowhere")}, host.ExitFailed, "there is no installation"},
	} {
		got := run(t, "", test.arguments...)
		if strings.Contains(got.err, "hunter2") {
			t.Errorf("a password is shown: %s", got.err)
		}
		if got.code != test.code || !strings.Contains(got.err, test.says) {
			t.Errorf("%v: exit code %d, %s; wanted %d and %q", test.arguments, got.code, got.err, test.code, test.says)
		}
	}
}

func TestAServiceRunsTheBrokerAsItIsServed(t *testing.T) {
	flags := serveFlags{listen: "10.0.0.1:7000", metrics: "9170", logLevel: "debug", logFormat: "json", advertise: []string{"b.example:7000", "10.0.0.1:7000"}}
	arguments := flags.arguments("/var/lib/lockwire")
	root := rootCommand()
	cmd, rest, err := root.Find(arguments)
	if err != nil || cmd.Name() != "serve" {
		t.Fatal(err)
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Fatal(err)
	}
	var proxied serveFlags
	served := &cobra.Command{}
	proxied.add(served)
	if err := served.ParseFlags([]string{"--proxy", "http://proxy.example:3128", "--proxy-credentials", "/etc/proxy"}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(proxied.arguments("/data"), " "); !strings.HasSuffix(got, "--proxy http://proxy.example:3128 --proxy-credentials /etc/proxy") {
		t.Errorf("a broker with a proxy is run as %s", got)
	}
	for name, want := range map[string]string{"data": "/var/lib/lockwire", "listen": flags.listen, "metrics": "9170", "log-level": "debug", "log-format": "json", "advertise": "[b.example:7000,10.0.0.1:7000]"} {
		if got := cmd.Flags().Lookup(name).Value.String(); got != want {
			t.Errorf("--%s is %s, wanted %s", name, got, want)
		}
	}
	if host.CanInstallServices() == nil {
		t.Skip("here a service would really be installed")
	}
	for _, line := range []string{"install", "remove"} {
		if got := run(t, "", "service", line, "--data", folder(t)); got.code != host.ExitFailed || got.err == "" {
			t.Errorf("service %s: %d, %s", line, got.code, got.err)
		}
	}
}
