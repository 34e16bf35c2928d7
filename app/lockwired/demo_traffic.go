package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// demoMarker stands in every block that is sent, so that somebody who can read the traffic finds it.
const demoMarker = "LOCKWIRE-DEMONSTRATION-PLAINTEXT"

// demoBlock is the size of the blocks that are sent, each with a marker at its beginning.
const demoBlock = 256 << 10

// demoDigest is what one side knows of a transfer.
type demoDigest struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// sendDemo plays the backup tool: it sends so many bytes to the route's listener, says that this was all, and waits for what
// the backend got.
func sendDemo(ctx context.Context, address string, bytes int64, show *progress) (sent, arrived demoDigest, elapsed time.Duration, err error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return sent, arrived, 0, fmt.Errorf("connect to the route: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	defer show.done()
	block := make([]byte, demoBlock)
	rand.Read(block)
	copy(block, demoMarker)
	digest := sha256.New()
	began := time.Now()
	for sent.Bytes < bytes {
		part := block[:min(int64(len(block)), bytes-sent.Bytes)]
		// Every block differs, so that one that was lost, doubled or swapped changes the digest.
		if len(part) > len(demoMarker)+8 {
			for i := range 8 {
				part[len(demoMarker)+i] = byte(sent.Bytes >> (8 * i))
			}
		}
		if _, err := conn.Write(part); err != nil {
			return sent, arrived, 0, fmt.Errorf("send: %w", err)
		}
		digest.Write(part)
		sent.Bytes += int64(len(part))
		show.at(sent.Bytes)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return sent, arrived, 0, fmt.Errorf("end of sending: %w", err)
	}
	sent.SHA256 = hex.EncodeToString(digest.Sum(nil))
	if err := json.NewDecoder(io.LimitReader(conn, 4096)).Decode(&arrived); err != nil {
		return sent, arrived, 0, fmt.Errorf("ask the backend what arrived: %w", err)
	}
	return sent, arrived, time.Since(began), nil
}

// demoBackendCommand plays the backup repository, in a process of its own.
func demoBackendCommand() *cobra.Command {
	return &cobra.Command{Use: "backend", Hidden: true, Args: cobra.NoArgs, Short: "Take bytes on loopback and answer with their SHA-256",
		RunE: func(cmd *cobra.Command, _ []string) error {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			defer context.AfterFunc(cmd.Context(), func() { listener.Close() })()
			fmt.Fprintln(cmd.OutOrStdout(), listener.Addr())
			for {
				conn, err := listener.Accept()
				if err != nil {
					if errors.Is(err, net.ErrClosed) {
						return nil
					}
					return err
				}
				if err := takeDemo(conn); err != nil {
					fmt.Fprintln(cmd.ErrOrStderr(), "backend:", err)
				}
			}
		}}
}

// takeDemo takes one connection's bytes to their end.
func takeDemo(conn net.Conn) error {
	defer conn.Close()
	digest := sha256.New()
	n, err := io.CopyBuffer(struct{ io.Writer }{digest}, struct{ io.Reader }{conn}, make([]byte, 1<<20))
	if err != nil {
		return err
	}
	return json.NewEncoder(conn).Encode(demoDigest{n, hex.EncodeToString(digest.Sum(nil))})
}

// progress shows how far a transfer is: a bar at a terminal, a line for each quarter elsewhere.
type progress struct {
	out      io.Writer
	terminal bool
	total    int64
	began    time.Time
	shown    int64
	next     time.Time
}

func newProgress(out io.Writer, total int64) *progress {
	file, isFile := out.(*os.File)
	return &progress{out: out, terminal: isFile && term.IsTerminal(int(file.Fd())), total: total, began: time.Now()}
}

const barWidth = 40

func (p *progress) at(bytes int64) {
	now := time.Now()
	percent := bytes * 100 / p.total
	speed := float64(bytes) / 1e9 / max(now.Sub(p.began).Seconds(), 1e-9)
	if !p.terminal {
		if percent/25 > p.shown/25 {
			fmt.Fprintf(p.out, "   %3d %%  %s  %.2f GB/s\n", percent/25*25, size(uint64(bytes)), speed)
		}
		p.shown = percent
		return
	}
	if now.Before(p.next) && bytes < p.total {
		return
	}
	p.next = now.Add(100 * time.Millisecond)
	bar := make([]byte, barWidth)
	for i := range bar {
		bar[i] = ' '
		if int64(i) < percent*barWidth/100 {
			bar[i] = '#'
		}
	}
	fmt.Fprintf(p.out, "\r   [%s] %3d %%  %s  %.2f GB/s  ", bar, percent, size(uint64(bytes)), speed)
}

func (p *progress) done() {
	if p.terminal {
		fmt.Fprintln(p.out)
	}
	fmt.Fprintln(p.out)
}
