package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
)

// openInput opens a file, or standard input for -.
func openInput(cmd *cobra.Command, path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(cmd.InOrStdin()), nil
	}
	return os.Open(path)
}

// secretInput reads a token or link, from a file where one is given (- is standard input), else it asks for it without echo. The caller
// wipes it.
func secretInput(cmd *cobra.Command, prompt, noun, file string) (text []byte, err error) {
	if file != "" {
		text, err = host.ReadSecret(cmd.InOrStdin(), file)
	} else {
		text, err = host.AskSecret(prompt)
	}
	if errors.Is(err, host.ErrNoTerminal) {
		err = fmt.Errorf("%w; give the %s with --%s-file FILE (- for standard input)", err, noun, noun)
	}
	if err != nil {
		return nil, host.Usage(err)
	}
	return text, nil
}

// noSecret is for commands that ask for a secret: what stands on their line is refused and never repeated, for it may be the secret.
func noSecret(_ *cobra.Command, arguments []string) error {
	if len(arguments) > 0 {
		return errors.New("a secret on the command line can be read by every user of this machine, so it is not taken there; run the command without it and give the secret when asked, and change the one that was written, it may have been seen")
	}
	return nil
}

// parseInstant reads RFC 3339 and nothing else: what is decided for must be no guess.
func parseInstant(text string) (time.Time, error) {
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a moment in RFC 3339, such as 2026-05-01T22:30:00+02:00", text)
	}
	return moment, nil
}

// parseMoment reads RFC 3339, a day in the local zone, or a span before now. An empty text is no moment.
func parseMoment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if moment, err := time.Parse(time.RFC3339, text); err == nil {
		return moment, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil {
		return day, nil
	}
	if span, err := time.ParseDuration(text); err == nil && span > 0 {
		return time.Now().Add(-span), nil
	}
	return time.Time{}, fmt.Errorf("%q is not a moment; write 2026-01-31T08:00:00Z, 2026-01-31 or 24h", text)
}
