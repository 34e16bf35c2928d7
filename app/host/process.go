package host

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"lockwire/engine/secret"
)

// Context gives a context that ends with the first interrupt or request to terminate; the second one kills the program.
func Context() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// Prepare readies the process for carrying keys and many connections: its memory is closed to core dumps and debuggers, and
// it may open as many files as its hard limit allows. What the system refuses is logged, and the program goes on. What is logged by
// packages that are given no logger goes to this one, too: all lines have one format.
func Prepare(log *slog.Logger) {
	slog.SetDefault(log)
	if err := secret.Harden(); err != nil {
		log.Warn("the process's memory is not closed to core dumps and debuggers", "reason", err.Error())
	}
	if err := raiseOpenFiles(); err != nil {
		log.Warn("the limit of open files stays as it is", "reason", err.Error())
	}
}
