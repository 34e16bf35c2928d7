package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"lockwire/engine"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// maximumSecret bounds a token or passphrase that is read.
const maximumSecret = 64 << 10

// ErrNoTerminal: a secret is needed and there is no terminal to ask at.
var ErrNoTerminal = errors.New("nobody can be asked here: there is no terminal")

// ErrInterrupted: the program was interrupted while it asked for a secret.
var ErrInterrupted = errors.New("interrupted")

// AskSecret asks for a token or passphrase at the terminal, without echo; ErrNoTerminal where there is none, and ErrInterrupted
// after Ctrl-C, after which the program should end: what is typed next may still be taken for the answer. The caller wipes it.
func AskSecret(prompt string) ([]byte, error) {
	terminal := int(os.Stdin.Fd())
	if !term.IsTerminal(terminal) {
		return nil, ErrNoTerminal
	}
	before, err := term.GetState(terminal)
	if err != nil {
		return nil, fmt.Errorf("read from the terminal: %w", err)
	}
	// Programs catch these signals and go on (Context), which a read from a terminal does not notice.
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(interrupted)
	fmt.Fprint(os.Stderr, prompt)
	defer fmt.Fprintln(os.Stderr)
	type answer struct {
		secret []byte
		err    error
	}
	answered := make(chan answer, 1)
	go func() { // ends with the program where nobody answers
		secret, err := term.ReadPassword(terminal)
		answered <- answer{secret, err}
	}()
	select {
	case got := <-answered:
		if got.err != nil {
			return nil, fmt.Errorf("read from the terminal: %w", got.err)
		}
		return got.secret, nil
	case <-interrupted:
		return nil, errors.Join(ErrInterrupted, term.Restore(terminal, before))
	}
}

// ReadSecret reads a token or passphrase from a text file, or from standard input for -. Line ends behind it do not count.
func ReadSecret(stdin io.Reader, path string) ([]byte, error) {
	from := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		from = file
	}
	text, err := engine.ReadText(from, maximumSecret)
	if err != nil {
		return nil, fmt.Errorf("the token or passphrase cannot be read: %w", err)
	}
	secret := bytes.TrimRight(text, "\r\n")
	if len(secret) == 0 {
		return nil, errors.New("the token or passphrase is empty")
	}
	return secret, nil
}
