package host

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
)

// NewLogger makes a logger that writes to a stream. Level is debug, info, warn or error; format is text or json. Empty ones
// mean info and text.
func NewLogger(to io.Writer, level, format string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(cmp.Or(level, "info"))); err != nil {
		return nil, fmt.Errorf("--log-level %q: use debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: least}
	switch format {
	case "", "text":
		return slog.New(slog.NewTextHandler(to, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(to, options)), nil
	}
	return nil, fmt.Errorf("--log-format %q: use text or json", format)
}
