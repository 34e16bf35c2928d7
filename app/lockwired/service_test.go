package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
)

func TestTheTokenOfAnInstalledServiceLetsItsUserInAndIsAllThatIsPrinted(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	path := folder(t)
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan *server.Running, 1), make(chan error, 1)
	go func() {
		ended <- server.Serve(ctx, server.ServeOptions{Options: server.Options{Path: path, Program: "test"}, Listen: "127.0.0.1:0", Version: "test", Ready: func(r *server.Running) { ready <- r }})
	}()
	defer func() { stop(); <-ended }()
	running := <-ready
	i := installation{allow: "ann", token: true, serveFlags: serveFlags{listen: running.Address.String()}}
	var out bytes.Buffer
	answered := false
	if err := i.greet(t.Context(), &out, path, func() { answered = true }); err != nil || !answered {
		t.Fatal(err)
	}
	token := strings.TrimSpace(out.String())
	if strings.ContainsAny(token, " \n") {
		t.Fatalf("more than a token of %d bytes was printed", len(token))
	}
	attachment, err := server.Enrol(t.Context(), token, server.EnrolmentsFolder())
	if err != nil || attachment.Name != "ann" {
		t.Fatalf("%q, %v", attachment.Name, err)
	}
	admin, closing, err := server.Elsewhere(t.Context(), server.EnrolmentsFolder(), running.Address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	if seen, err := admin.Installation(t.Context()); err != nil || seen.Role != engine.MayChange {
		t.Errorf("%+v, %v", seen, err)
	}
	i.token = false
	out.Reset()
	if err := i.greet(t.Context(), &out, path, func() {}); err != nil || out.Len() > 0 {
		t.Errorf("without --token: %d bytes, %v", out.Len(), err)
	}
}

func TestATokenWithoutAUserIsRefused(t *testing.T) {
	if got := run(t, "", "service", "install", "--token", "--data", folder(t)); got.code != host.ExitUsage || !strings.Contains(got.err, "--allow-user") {
		t.Errorf("%d, %s", got.code, got.err)
	}
}

func TestTheSentenceOfAnInstalledServiceNamesThePortInUse(t *testing.T) {
	for listen, want := range map[string]string{
		"": "TCP 6170.", ":7170": "TCP 7170.", "10.0.0.5:7171": "TCP 7171.", "[2001:db8::1]:7172": "TCP 7172.", "127.0.0.1:7170": "",
	} {
		got := openPort(listen)
		if (got == "") != (want == "") || !strings.HasSuffix(got, want) {
			t.Errorf("%q: %q", listen, got)
		}
	}
}

func TestTheLineForASupervisorKeepsAllOptions(t *testing.T) {
	cmd := serviceInstall()
	cmd.Flags().String("data", "", "")
	if err := cmd.ParseFlags(strings.Fields("--listen :7170 --advertise a.example:7170,b.example:7170 --metrics 9100 --log-level debug --log-format json --data /srv/lockwire --allow-user ann --token --from /old")); err != nil {
		t.Fatal(err)
	}
	want := "lockwired serve --advertise a.example:7170 --advertise b.example:7170 --data /srv/lockwire --listen :7170 --log-format json --log-level debug --metrics 9100"
	if got := serveLine(cmd); got != want {
		t.Errorf("%s, wanted %s", got, want)
	}
}

func TestARestoredBrokerIsStartedWhereItsComponentsLookForIt(t *testing.T) {
	for _, test := range []struct {
		brokers []string
		want    string
	}{
		{nil, ""}, {[]string{"a:6170"}, ""}, {[]string{"a:7170", "[2001:db8::1]:7170"}, "--listen :7170"}, {[]string{"a:7170", "b:6170"}, ""},
	} {
		if got := strings.Join(listenLike(test.brokers), " "); got != test.want {
			t.Errorf("%q: %q", test.brokers, got)
		}
	}
}
