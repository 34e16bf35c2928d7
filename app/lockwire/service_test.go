package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
)

// programs is a folder with programs of these names.
func programs(t *testing.T, names ...string) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// lookIn finds programs in a folder, and where they are named with a path.
func lookIn(folder string) func(string) (string, error) {
	return func(program string) (string, error) {
		if !filepath.IsAbs(program) {
			program = filepath.Join(folder, program)
		}
		_, err := os.Stat(program)
		return program, err
	}
}

func TestAServiceIsOfferedOnlyWhereItCanBeInstalled(t *testing.T) {
	anything := func(string) error { return nil }
	unfit := func(string) error { return errors.New("lies in a home folder") }
	for _, test := range []struct {
		name    string
		path    []string // programs in the PATH
		beside  []string // programs beside the console
		may     error
		fit     func(string) error
		command string // the end of what is run, without folders
		reason  string
	}{
		{"with a password", []string{"lockwired", "pkexec"}, nil, host.ErrServiceRights, anything,
			"pkexec --disable-internal-agent lockwired service install --allow-user ann --token", ""},
		{"beside the console", []string{"pkexec"}, []string{"lockwired"}, host.ErrServiceRights, anything,
			"pkexec --disable-internal-agent lockwired service install --allow-user ann --token", ""},
		{"as root", []string{"lockwired"}, nil, nil, anything, "lockwired service install", ""},
		{"without lockwired", []string{"pkexec"}, nil, host.ErrServiceRights, anything, "", "neither beside"},
		{"without polkit", []string{"lockwired"}, nil, host.ErrServiceRights, anything, "", "polkit"},
		{"without systemd", []string{"lockwired", "pkexec"}, nil, host.ErrNoServices, anything, "", "no service manager"},
		{"from a home folder", []string{"lockwired", "pkexec"}, nil, host.ErrServiceRights, unfit, "", "home folder"},
	} {
		t.Run(test.name, func(t *testing.T) {
			here := system{look: lookIn(programs(t, test.path...)), beside: programs(t, test.beside...), may: func() error { return test.may }, fit: test.fit, userName: "ann"}
			setup, err := here.serviceSetup()
			if test.reason != "" {
				if err == nil || !strings.Contains(err.Error(), test.reason) {
					t.Errorf("the reason: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var words []string
			for _, word := range setup.command {
				words = append(words, filepath.Base(word))
			}
			if got := strings.Join(words, " "); got != test.command {
				t.Errorf("it runs %s", got)
			}
		})
	}
}

func TestOfTwoLockwiredsTheOneThatAServiceMayRunIsTaken(t *testing.T) {
	inPath, beside := programs(t, "lockwired"), programs(t, "lockwired")
	here := system{look: lookIn(inPath), beside: beside, fit: func(program string) error {
		if filepath.Dir(program) == beside {
			return errors.New("in a home folder")
		}
		return nil
	}}
	if got, err := here.lockwired(); err != nil || filepath.Dir(got) != inPath {
		t.Errorf("%s, %v", got, err)
	}
}

func TestTheCommandForATerminalCanBePastedAsItIs(t *testing.T) {
	fit := func(string) error { return nil }
	unfit := func(string) error { return errors.New("in a home folder") }
	beside := programs(t, "lockwired")
	for _, test := range []struct {
		name, user, from, listen, want string
		may                            error
		fit                            func(string) error
	}{
		{"installed", "ann", "", "", "sudo lockwired service install --allow-user ann", host.ErrServiceRights, fit},
		{"as root", "root", "", "", "sudo lockwired service install", nil, fit},
		{"with an installation", "ann", "/home/ann/.local/state/lockwire", "", "sudo lockwired service install --allow-user ann --from /home/ann/.local/state/lockwire", host.ErrServiceRights, fit},
		{"a folder with signs of the shell", "ann", "/home/ann's $HOME", "", `sudo lockwired service install --allow-user ann --from '/home/ann'\''s $HOME'`, host.ErrServiceRights, fit},
		{"without systemd", "ann", "", "", beside + "/lockwired serve", host.ErrNoServices, unfit},
		{"an installation without systemd", "ann", "/home/ann/my data", "", beside + "/lockwired serve --data '/home/ann/my data'", host.ErrNoServices, fit},
		{"built in a home folder", "ann", "", "", "sudo install -o root -m 755 " + beside + "/lockwired /usr/local/bin/ && sudo /usr/local/bin/lockwired service install --allow-user ann", host.ErrServiceRights, unfit},
		{"another port", "ann", "", "10.0.0.5:7170", "sudo lockwired service install --allow-user ann --listen 10.0.0.5:7170", host.ErrServiceRights, fit},
		{"another port without systemd", "ann", "/data", ":7170", beside + "/lockwired serve --data /data --listen :7170", host.ErrNoServices, fit},
	} {
		here := system{look: lookIn(t.TempDir()), beside: beside, may: func() error { return test.may }, fit: test.fit, userName: test.user}
		if got := here.terminalCommand(test.from, test.listen); got != test.want {
			t.Errorf("%s:\n%s\nwanted\n%s", test.name, got, test.want)
		}
		if supervised := strings.Contains(here.lasting(), "supervisor"); supervised != errors.Is(test.may, host.ErrNoServices) {
			t.Errorf("%s: %s", test.name, here.lasting())
		}
	}
}

// asked is a setup whose program says and does what a shell script says.
func asked(t *testing.T, script string) *serviceSetup {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pkexec")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return &serviceSetup{command: []string{path, "lockwired", "service", "install"}, attach: func(context.Context, string) (*running, error) {
		t.Error("it attached although nothing was installed")
		return nil, nil
	}}
}

func TestWhatTheInstallationAnsweredIsSaidInWords(t *testing.T) {
	for _, test := range []struct {
		name, script, want string
		dismissed          bool
	}{
		{"dismissed", "exit 126", "", true},
		{"nobody who could ask", "echo 'No authentication agent found.' >&2; exit 127", "No authentication agent found", false},
		{"it failed", "echo 'lockwired: another program listens on 6170' >&2; exit 1", "another program listens on 6170", false},
		{"it failed without a word", "exit 1", "exit status 1", false},
		{"it said far too much", "yes | head -c 100000 >&2; exit 1", " …", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := asked(t, test.script).run(t.Context())
			if errors.Is(err, errDismissed) != test.dismissed || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v", err)
			}
			if len(err.Error()) > 2*maximumWords || strings.Contains(err.Error(), "lockwired: ") {
				t.Errorf("%d bytes: %.60s", len(err.Error()), err)
			}
		})
	}
}

// The whole way from the installed broker's token to the window, with a script in place of pkexec and lockwired.
func TestAUserWhoInstalledTheServiceIsLetInBeforeTheNextLogin(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	folder, err := os.MkdirTemp("", "lw") // short, for the path of the local socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan *server.Running, 1), make(chan error, 1)
	go func() {
		ended <- server.Serve(ctx, server.ServeOptions{Options: server.Options{Path: filepath.Join(folder, "data"), Program: "test"}, Listen: "127.0.0.1:0", Version: "test",
			Ready: func(r *server.Running) { ready <- r }})
	}()
	defer func() { stop(); <-ended }()
	broker := <-ready
	token, err := broker.Administration.NewToken(t.Context(), engine.TokenRequest{Kind: engine.JoinAdministrator, Name: "ann", Administrator: engine.MayChange})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TOKEN_OF_THE_TEST", token.Secret)
	setup := asked(t, `echo "The broker runs as a service." >&2; printf '%s\n' "$TOKEN_OF_THE_TEST"`)
	setup.attach = attachInstalled
	run, err := setup.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer run.close()
	seen, err := run.admin.Installation(t.Context())
	if err != nil || seen.ID != broker.Administration.Config.Installation || seen.Role != engine.MayChange || run.embedded || run.banner != nil {
		t.Errorf("%+v, %+v, %v", seen, run, err)
	}
}
