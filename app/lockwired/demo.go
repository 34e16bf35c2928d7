package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/policy"
)

// The two components of the demonstration stand for two machines, with addresses that nothing on this machine uses.
const (
	demoSourceAddress = "10.77.0.1"
	demoTargetAddress = "10.77.0.2"
	demoRule          = "Demonstration"
	// demoLinger is short, so that the receipt need not be waited for.
	demoLinger = 1
)

func demoCommand() *cobra.Command {
	var mebibytes int64
	cmd := &cobra.Command{Use: "demo", Short: "Show the whole on this machine: real bytes through a sealed and a plain session",
		Long: "Start a broker, two agents and a backend as processes of their own on loopback, in a temporary folder that is removed at the end;\n" +
			"move real bytes through a sealed session and then through a plain one, and show what was decided, what it cost, what became of\n" +
			"the keys, and what somebody who listens between the agents saw. It needs no rights and changes nothing on this machine.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if mebibytes < 1 || mebibytes > 1<<20 {
				return host.Usage(errors.New("--mebibytes: use 1 to 1048576"))
			}
			return runDemo(cmd.Context(), cmd.OutOrStdout(), mebibytes<<20)
		}}
	cmd.Flags().Int64Var(&mebibytes, "mebibytes", 1024, "how much to move through each session")
	cmd.AddCommand(demoBackendCommand())
	return cmd
}

// runDemo does one demonstration. Whatever it started has ended when it returns.
func runDemo(ctx context.Context, out io.Writer, bytes int64) (err error) {
	folder, err := os.MkdirTemp("", "lockwire-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stage := &demoStage{folder: folder, out: out, cancel: cancel}
	defer func() { err = errors.Join(err, stage.close()) }()
	if err := stage.build(ctx); err != nil {
		return explainDemo(ctx, err)
	}

	fmt.Fprintf(out, "\n1. The rule %q encrypts from %s to %s.\n\n", demoRule, demoSourceAddress, demoTargetAddress)
	sealed, err := stage.run(ctx, bytes)
	if err != nil {
		return explainDemo(ctx, err)
	}
	fmt.Fprintf(out, "\n2. The rule is switched off.\n\n")
	if err := stage.switchOff(ctx); err != nil {
		return explainDemo(ctx, err)
	}
	plain, err := stage.run(ctx, bytes)
	if err != nil {
		return explainDemo(ctx, err)
	}
	fmt.Fprintf(out, "\n%-34s %18s %18s\n", "", "sealed", "plain")
	for _, row := range []struct {
		name string
		cell func(*demoResult) string
	}{
		{"throughput", func(r *demoResult) string { return fmt.Sprintf("%.2f GB/s", float64(bytes)/1e9/r.elapsed.Seconds()) }},
		{"CPU of the source's agent", func(r *demoResult) string { return perGB(r.receipt.Traffic.SourceCPU, bytes) }},
		{"CPU of the target's agent", func(r *demoResult) string { return perGB(r.receipt.Traffic.TargetCPU, bytes) }},
		{"marker seen between the agents", func(r *demoResult) string { return fmt.Sprintf("%d times", r.seen) }},
		{"bytes arrived as sent (SHA-256)", func(r *demoResult) string { return map[bool]string{true: "yes", false: "NO"}[r.intact()] }},
	} {
		fmt.Fprintf(out, "%-34s %18s %18s\n", row.name, row.cell(sealed), row.cell(plain))
	}
	return judgeDemo(sealed, plain)
}

// judgeDemo fails where the demonstration did not show what it is to show.
func judgeDemo(sealed, plain *demoResult) error {
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

// explainDemo names what ended the demonstration where that was not the error itself: a process that ended, or Ctrl-C.
func explainDemo(ctx context.Context, err error) error {
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

// demoResult is what one transfer showed.
type demoResult struct {
	elapsed       time.Duration
	sent, arrived demoDigest
	seen          int64
	receipt       engine.Receipt
}

func (r *demoResult) intact() bool { return r.sent == r.arrived }

// run moves the bytes through a new session and shows what became of it.
func (s *demoStage) run(ctx context.Context, bytes int64) (*demoResult, error) {
	before, err := s.admin.Receipts(ctx, engine.ReceiptQuery{Limit: 1})
	if err != nil {
		return nil, err
	}
	s.tap.reset()
	result := &demoResult{}
	if result.sent, result.arrived, result.elapsed, err = sendDemo(ctx, s.listen, bytes, newProgress(s.out, bytes)); err != nil {
		return nil, err
	}
	result.seen = s.tap.seen()
	if result.receipt, err = s.receiptAfter(ctx, before); err != nil {
		return nil, err
	}
	fmt.Fprintln(s.out, policy.SessionText(result.receipt.Decision))
	printKey(s.out, result.receipt.Key)
	fmt.Fprintf(s.out, "\nSHA-256 sent     %s\n        arrived  %s\n", result.sent.SHA256, result.arrived.SHA256)
	return result, nil
}
