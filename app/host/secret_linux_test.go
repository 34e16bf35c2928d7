package host

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// sitAtTerminal makes a terminal the program's standard input. It gives the side at which a person sits.
func sitAtTerminal(t *testing.T) (person *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here:", err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = terminal
	t.Cleanup(func() { os.Stdin = before; terminal.Close() })
	return person
}

func echoes(t *testing.T) bool {
	t.Helper()
	settings, err := unix.IoctlGetTermios(int(os.Stdin.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return settings.Lflag&unix.ECHO != 0
}

// The programs catch Ctrl-C, so that it does not end them in the middle of their work. Whoever is asked must get away all the same.
func TestASecretIsAskedForWithoutEchoUntilItIsGivenOrInterrupted(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(person *os.File) error
		want string
	}{
		"given":       {func(person *os.File) error { _, err := person.WriteString("secret\n"); return err }, "secret"},
		"interrupted": {func(*os.File) error { return syscall.Kill(os.Getpid(), syscall.SIGINT) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			person := sitAtTerminal(t)
			ctx, stop := Context()
			defer stop()
			type answer struct {
				secret []byte
				err    error
			}
			asked := make(chan answer, 1)
			go func() {
				secret, err := AskSecret("Token: ")
				asked <- answer{secret, err}
			}()
			if err := Await(t.Context(), time.Minute, "the question", func() (bool, error) { return !echoes(t), nil }); err != nil {
				t.Fatal(err)
			}
			if err := test.do(person); err != nil {
				t.Fatal(err)
			}
			select {
			case got := <-asked:
				if string(got.secret) != test.want || (got.err == nil) != (test.want != "") {
					t.Errorf("%q, %v", got.secret, got.err)
				}
			case <-time.After(time.Minute):
				t.Error("it is still asked for")
			}
			if !echoes(t) {
				t.Error("what is typed next is not shown")
			}
			if interrupted := ctx.Err() != nil; interrupted && test.want != "" {
				t.Error("the program was told to end")
			}
		})
	}
}
