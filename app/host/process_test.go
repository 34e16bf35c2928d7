package host

import (
	"bytes"
	"encoding/json"
	"log"
	"log/slog"
	"testing"
)

// Packages that are given no logger, such as that of locked memory, write no line of text into a log of JSON.
func TestAllLinesOfALogHaveOneFormat(t *testing.T) {
	before, writer, flags := slog.Default(), log.Writer(), log.Flags()
	defer func() {
		slog.SetDefault(before)
		log.SetOutput(writer)
		log.SetFlags(flags)
	}()
	var out bytes.Buffer
	logger, err := NewLogger(&out, "info", "json")
	if err != nil {
		t.Fatal(err)
	}
	Prepare(logger)
	slog.Warn("of slog")
	log.Print("of log")
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	if len(lines) < 2 {
		t.Fatalf("%s", out.Bytes())
	}
	for _, line := range lines {
		if !json.Valid(line) {
			t.Errorf("%s", line)
		}
	}
}
