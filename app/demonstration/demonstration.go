// Package demonstration shows the whole on one machine, on the command line: a broker, two agents and a backend as processes of their
// own on loopback, real bytes through a sealed and a plain session, and a tap between the agents. The try-out of the console, beside
// it, runs all of that in one process.
package demonstration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"lockwire/engine"
	"lockwire/engine/policy"
)

// The two components of the demonstration stand for two machines, with addresses that nothing on this machine uses.
const (
	sourceAddress = "10.77.0.1"
	targetAddress = "10.77.0.2"
	ruleName      = "Demonstration"
	// linger is short, so that the receipt need not be waited for.
	linger = 1
)

// Options say what is shown, and how.
type Options struct {
	// Bytes is how much is moved through each session.
	Bytes int64
	Out   io.Writer
	// PrintKey writes the life of a session's key.
	PrintKey func(io.Writer, engine.KeyLife)
}

// Run does one demonstration. Whatever it started has ended when it returns.
func Run(ctx context.Context, options Options) (err error) {
	out, bytes := options.Out, options.Bytes
	folder, err := os.MkdirTemp("", "lockwire-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := &stage{folder: folder, out: out, cancel: cancel, printKey: options.PrintKey}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.build(ctx); err != nil {
		return explain(ctx, err)
	}

	fmt.Fprintf(out, "\n1. The rule %q encrypts from %s to %s.\n\n", ruleName, sourceAddress, targetAddress)
	sealed, err := s.run(ctx, bytes)
	if err != nil {
		return explain(ctx, err)
	}
	fmt.Fprintf(out, "\n2. The rule is switched off.\n\n")
	if err := s.switchOff(ctx); err != nil {
		return explain(ctx, err)
	}
	plain, err := s.run(ctx, bytes)
	if err != nil {
		return explain(ctx, err)
	}
	fmt.Fprintf(out, "\n%-34s %18s %18s\n", "", "sealed", "plain")
	for _, row := range []struct {
		name string
		cell func(*transfer) string
	}{
		{"throughput", func(r *transfer) string { return fmt.Sprintf("%.2f GB/s", float64(bytes)/1e9/r.elapsed.Seconds()) }},
		{"CPU of the source's agent", func(r *transfer) string { return perGB(r.receipt.Traffic.SourceCPU, bytes) }},
		{"CPU of the target's agent", func(r *transfer) string { return perGB(r.receipt.Traffic.TargetCPU, bytes) }},
		{"marker seen between the agents", func(r *transfer) string { return fmt.Sprintf("%d times", r.seen) }},
		{"bytes arrived as sent (SHA-256)", func(r *transfer) string { return map[bool]string{true: "yes", false: "NO"}[r.intact()] }},
	} {
		fmt.Fprintf(out, "%-34s %18s %18s\n", row.name, row.cell(sealed), row.cell(plain))
	}
	return judge(sealed, plain)
}

// judge fails where the demonstration did not show what it is to show.
func judge(sealed, plain *transfer) error {
	switch {
	case sealed.receipt.Decision.Mode != engine.Sealed || plain.receipt.Decision.Mode != engine.Plain:
		return errors.New("the sessions were not decided as the rule says")
	case !sealed.intact() || !plain.intact():
		return errors.New("what arrived is not what was sent")
	case sealed.seen != 0:
		return errors.New("plaintext was seen on the wire of the sealed session")
	case plain.seen == 0:
		return errors.New("the tap saw nothing of the plain session, so that it proves nothing of the sealed one")
	}
	return nil
}

// explain names what ended the demonstration where that was not the error itself: a process that ended, or Ctrl-C.
func explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(cause, context.Canceled) {
			return errors.New("interrupted; everything that was started has been ended and removed")
		}
		return cause
	}
	return err
}

func perGB(cpu time.Duration, bytes int64) string {
	return fmt.Sprintf("%.2f s/GB", cpu.Seconds()*1e9/float64(bytes))
}

// transfer is what one transfer showed.
type transfer struct {
	elapsed       time.Duration
	sent, arrived checksum
	seen          int64
	receipt       engine.Receipt
}

func (r *transfer) intact() bool { return r.sent == r.arrived }

// run moves the bytes through a new session and shows what became of it.
func (s *stage) run(ctx context.Context, bytes int64) (*transfer, error) {
	before, err := s.admin.Receipts(ctx, engine.ReceiptQuery{Limit: 1})
	if err != nil {
		return nil, err
	}
	s.tap.reset()
	result := &transfer{}
	if result.sent, result.arrived, result.elapsed, err = send(ctx, s.listen, bytes, newProgress(s.out, bytes)); err != nil {
		return nil, err
	}
	result.seen = s.tap.seen()
	if result.receipt, err = s.receiptAfter(ctx, before); err != nil {
		return nil, err
	}
	fmt.Fprintln(s.out, policy.SessionText(result.receipt.Decision))
	s.printKey(s.out, result.receipt.Key)
	fmt.Fprintf(s.out, "\nSHA-256 sent     %s\n        arrived  %s\n", result.sent.SHA256, result.arrived.SHA256)
	return result, nil
}
