package tryout

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"lockwire/engine"
)

// The folders of a job: what its tool has, and what its server keeps.
const (
	sent     = "sent"
	received = "received"
)

// startBackend runs the server of a job, and gives where it listens.
func (t *Tryout) startBackend(ctx context.Context, folder string, j *job) (string, error) {
	for _, name := range []string{sent, received} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o700); err != nil {
			return "", err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	t.run("the server of "+j.route, func() error {
		defer context.AfterFunc(ctx, func() { listener.Close() })()
		for {
			conn, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			if err != nil {
				return err
			}
			t.running.Go(func() {
				defer conn.Close()
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				_ = j.traffic.serve(conn, filepath.Join(folder, received)) // of a connection that was cut the tool says more
			})
		}
	})
	return listener.Addr().String(), nil
}

// startTool runs the tool of a job over and over, as a backup tool runs night after night.
func (t *Tryout) startTool(ctx context.Context, folder, listen string, j *job, log *slog.Logger) {
	folder = filepath.Join(folder, sent)
	t.run("the tool of "+j.route, func() error {
		if err := j.traffic.prepare(folder); err != nil {
			return err
		}
		for ctx.Err() == nil {
			if err := useTool(ctx, folder, listen, j.traffic); err != nil && ctx.Err() == nil {
				log.Info("the tool was interrupted; it begins again", "route", j.route, "error", err)
			}
			_ = engine.Pause(ctx, j.pause)
		}
		return nil
	})
}

// useTool runs a tool once.
func useTool(ctx context.Context, folder, listen string, traffic traffic) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	return traffic.tool(ctx, conn, folder)
}
