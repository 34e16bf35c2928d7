//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"lockwire/engine"
)

// step is one of the things that a first byte waits for.
type step struct {
	Name     string
	P50, P99 time.Duration
}

// stepNames are in the order in which they come. The record is written while the target takes its offer.
var stepNames = []string{
	"request and offers on their way",
	"broker decides and has one-time keys",
	"broker makes the key and seals it to both",
	"target gets, takes and answers its offer",
	"broker's transaction, beyond that",
	"source takes its offer",
	"source dials the target",
	"handshake of TLS, both ends",
	"opening: the target dials the backend",
	tool,
}

// joinNames are those of a further connection.
var joinNames = []string{
	"source dials the target",
	"joining: the target dials the backend",
	tool,
}

const tool = "the tool's connection, its byte and the way back"

// loggedSteps is a line of a log about what a session waited for.
type loggedSteps struct {
	Session                                    engine.ID
	After                                      time.Duration // asked for; offer taken
	Decide, Keys, Mint, Target, Record, Source time.Duration // session offered
	Dial, Handshake                            time.Duration // target proven; the first in connection joined, too
	Open                                       time.Duration // connection opened, connection joined
}

// readSteps reads the lines of a log with one message; of each session only the first.
func readSteps(log io.Reader, message string) (all []loggedSteps, err error) {
	seen := make(map[engine.ID]bool)
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var of struct {
			Msg     string
			Session engine.ID
		}
		if json.Unmarshal(lines.Bytes(), &of) != nil || of.Msg != message || seen[of.Session] {
			continue
		}
		var l loggedSteps
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("the log's line %q: %w", lines.Text(), err)
		}
		seen[l.Session] = true
		all = append(all, l)
	}
	return all, lines.Err()
}

// readStepsOf reads the log of a process. Each session has to have a line.
func readStepsOf(p *process, message string, sessions int) (map[engine.ID]loggedSteps, []engine.ID, error) {
	log, err := os.Open(p.log)
	if err != nil {
		return nil, nil, err
	}
	defer log.Close()
	lines, err := readSteps(log, message)
	if err != nil {
		return nil, nil, err
	}
	if len(lines) != sessions {
		return nil, nil, fmt.Errorf("%d sessions are logged as %q and not %d", len(lines), message, sessions)
	}
	of := make(map[engine.ID]loggedSteps, len(lines))
	var order []engine.ID
	for _, l := range lines {
		of[l.Session] = l
		order = append(order, l.Session)
	}
	return of, order, nil
}

// stepsOf says what each first byte, in the order of the sessions, consists of. It takes that from the logs of broker, source and target.
func stepsOf(broker, source *process, first []time.Duration) ([]step, error) {
	asked, order, err := readStepsOf(source, "session asked for", len(first))
	if err != nil {
		return nil, err
	}
	var lines [4]map[engine.ID]loggedSteps
	for n, log := range []struct {
		of      *process
		message string
	}{{broker, "session offered"}, {source, "offer taken"}, {source, "target proven"}, {source, "connection opened"}} {
		if lines[n], _, err = readStepsOf(log.of, log.message, len(first)); err != nil {
			return nil, err
		}
	}
	took := make([][]time.Duration, len(stepNames))
	for n, id := range order {
		b, taken, proven, opened := lines[0][id], lines[1][id].After, lines[2][id], lines[3][id].Open
		deciding := b.Decide + b.Keys
		beyond := max(0, b.Record-b.Target)
		onTheWay := asked[id].After - deciding - b.Mint - b.Target - beyond - taken
		rest := first[n] - asked[id].After - proven.Dial - proven.Handshake - opened
		for at, d := range []time.Duration{onTheWay, deciding, b.Mint, b.Target, beyond, taken, proven.Dial, proven.Handshake, opened, rest} {
			took[at] = append(took[at], d)
		}
	}
	return summarizeSteps(stepNames, took), nil
}

// joinStepsOf says the same of the connections that came second, one in each session.
func joinStepsOf(source *process, next []time.Duration) ([]step, error) {
	joined, order, err := readStepsOf(source, "connection joined", len(next))
	if err != nil {
		return nil, err
	}
	took := make([][]time.Duration, len(joinNames))
	for n, id := range order {
		l := joined[id]
		for at, d := range []time.Duration{l.Dial, l.Open, next[n] - l.Dial - l.Open} {
			took[at] = append(took[at], d)
		}
	}
	return summarizeSteps(joinNames, took), nil
}

func summarizeSteps(names []string, took [][]time.Duration) (all []step) {
	for at, name := range names {
		all = append(all, step{name, percentile(took[at], 50), percentile(took[at], 99)})
	}
	return all
}

func printSteps(out io.Writer, what string, steps []step) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\tp50 ms\tp99 ms\n", what)
	for _, s := range steps {
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\n", s.Name, milliseconds(s.P50), milliseconds(s.P99))
	}
	w.Flush()
}
