package machine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"lockwire/engine"
	"lockwire/engine/disk"
)

// drainFile, in the data folder, asks the running agent to drain for as long as it is there. The next start of the agent removes it.
const drainFile = "drain"

// maximumDrainFile bounds the file.
const maximumDrainFile = 4 << 10

// drainedHere is who ordered a drain that the file asks for.
const drainedHere = "lockwire-agent drain, on that machine"

// RequestDrain asks the running agent of a data folder to take no new connection until that is undone or it is started again. What
// runs has some time, after which it is reset; 0 leaves it as long as it takes. The agent sees that within seconds; its status says so.
func RequestDrain(folder string, now time.Time, within time.Duration) error {
	drain := engine.Drain{Since: now.UTC(), By: drainedHere}
	if within > 0 {
		drain.Until = drain.Since.Add(within)
	}
	text, err := json.Marshal(drain)
	if err == nil {
		err = disk.WriteVolatile(filepath.Join(folder, drainFile), text)
	}
	if err != nil {
		return fmt.Errorf("ask the agent to drain: %w", err)
	}
	return nil
}

// UndoDrain takes the request back. It tells whether there was one.
func UndoDrain(folder string) (requested bool, err error) {
	err = os.Remove(filepath.Join(folder, drainFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("take back that the agent is to drain: %w", err)
	}
	return true, nil
}

// RequestedDrain gives what the data folder asks for; nil for nothing. A file that cannot be read asks for a drain without an end.
func RequestedDrain(folder string, now time.Time) (*engine.Drain, error) {
	if folder == "" {
		return nil, nil
	}
	file, err := os.Open(filepath.Join(folder, drainFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	drain := engine.Drain{}
	if err == nil {
		defer file.Close()
		err = json.NewDecoder(io.LimitReader(file, maximumDrainFile)).Decode(&drain)
	}
	if err != nil || drain.Since.UnixMilli() <= 0 {
		return &engine.Drain{Since: now.UTC(), By: drainedHere}, err
	}
	drain.By = drainedHere
	return &drain, nil
}
