package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"lockwire/engine"
)

// An export of the chain is text, one JSON object a line. The first line says how far the chain went and which key signs it:
//
//	{"lockwireReceipts":1,"checkpoint":"lockwire-checkpoint 1 …","publicKey":"BASE64"}
//
// Each other line is an entry: what it says, with the member chain that proves it. The line of a receipt reads as the receipt does.
type exportHeader struct {
	Version    int    `json:"lockwireReceipts"`
	Checkpoint string `json:"checkpoint"`
	Key        []byte `json:"publicKey"`
}

const exportVersion = 1

// maximumExportLine is far above a receipt with its proof.
const maximumExportLine = 2 * maximumDocument

// ErrNotAnExport: a file is no export of the chain.
var ErrNotAnExport = errors.New("this is not an export of the chain of receipts; lockwired receipts export --format json without anything that picks receipts writes one")

// ExportWriter writes an export.
type ExportWriter struct{ to *bufio.Writer }

// NewExportWriter begins an export of the chain as far as a checkpoint says.
func NewExportWriter(to io.Writer, checkpoint engine.Checkpoint) (*ExportWriter, error) {
	w := &ExportWriter{bufio.NewWriter(to)}
	header, err := json.Marshal(exportHeader{exportVersion, checkpoint.Line, checkpoint.Key})
	if err != nil {
		return nil, err
	}
	_, err = w.to.Write(append(header, '\n'))
	return w, err
}

// Write writes one entry. Of one that the record has lost there is only the proof.
func (w *ExportWriter) Write(e *engine.ChainEntry) error {
	chain, err := json.Marshal(e.ChainLink)
	if err != nil {
		return err
	}
	line := append([]byte{}, bytes.TrimSuffix(bytes.TrimSpace(e.Document), []byte("}"))...)
	switch string(line) {
	case "":
		line = []byte(`{"lost":true,`)
	case "{":
	default:
		line = append(line, ',')
	}
	line = append(append(append(line, `"chain":`...), chain...), '}', '\n')
	_, err = w.to.Write(line)
	return err
}

// End writes what is still held back.
func (w *ExportWriter) End() error { return w.to.Flush() }

// Export reads an export, line by line.
type Export struct {
	Checkpoint Anchor
	Key        []byte
	lines      *bufio.Scanner
	line       int
}

// ReadExport begins to read; ErrNotAnExport where the first line is not that of an export. Nothing of it is proven yet.
func ReadExport(from io.Reader) (*Export, error) {
	x := &Export{lines: bufio.NewScanner(from)}
	x.lines.Buffer(nil, maximumExportLine)
	text, err := x.next()
	if errors.Is(err, io.EOF) {
		return nil, ErrNotAnExport
	}
	if err != nil {
		return nil, err
	}
	var header exportHeader
	if json.Unmarshal(text, &header) != nil || header.Version == 0 {
		return nil, ErrNotAnExport
	}
	if header.Version > exportVersion {
		return nil, fmt.Errorf("the export: %w", engine.ErrNewerData)
	}
	x.Key = header.Key
	x.Checkpoint, err = ParseCheckpoint(header.Checkpoint)
	return x, err
}

// lineError is about a line that is no entry. The next one may be read.
type lineError struct{ error }

// Next gives the next entry; io.EOF behind the last.
func (x *Export) Next() (e engine.ChainEntry, err error) {
	text, err := x.next()
	if err != nil {
		return e, err
	}
	var line struct {
		Chain *engine.ChainLink `json:"chain"`
		ID    engine.ID         `json:"id"`
		Lost  bool              `json:"lost"`
	}
	if err := json.Unmarshal(text, &line); err != nil {
		return e, lineError{err}
	}
	if line.Chain == nil {
		return e, lineError{errors.New("it has no proof")}
	}
	e.ChainLink = *line.Chain
	if id, err := engine.ParseID(string(line.ID)); err == nil && e.Kind == engine.EntryReceipt {
		e.Session = id
	}
	if !line.Lost {
		e.Document = bytes.Clone(text)
	}
	return e, nil
}

// next gives the next line that is not empty.
func (x *Export) next() ([]byte, error) {
	for x.lines.Scan() {
		x.line++
		if text := bytes.TrimSpace(x.lines.Bytes()); len(text) > 0 {
			return text, nil
		}
	}
	if err := x.lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", x.line+1, err)
	}
	return nil, io.EOF
}

// VerifyExport looks at a whole export. A line without a proof is one that somebody added. Where an anchor is given, the export is held against it as well as
// against its own first line.
func VerifyExport(x *Export, anchor *Anchor, now time.Time) (engine.ReceiptsVerdict, error) {
	verifier, err := NewVerifier(x.Key)
	if err != nil {
		return engine.ReceiptsVerdict{}, err
	}
	if err := verifier.Expect(x.Checkpoint); err != nil {
		return engine.ReceiptsVerdict{}, fmt.Errorf("the first line of the export: %w", err)
	}
	if anchor != nil {
		if err := verifier.Expect(*anchor); err != nil {
			return engine.ReceiptsVerdict{}, err
		}
	}
	for {
		entry, err := x.Next()
		var strange lineError
		switch {
		case err == nil:
			verifier.Add(&entry)
		case errors.Is(err, io.EOF):
			return verifier.End(now), nil
		case errors.As(err, &strange):
			verifier.Strange(x.line, err)
		default:
			return engine.ReceiptsVerdict{}, err
		}
	}
}
