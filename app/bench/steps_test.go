//go:build linux

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestStepsOfASessionAddUpToItsFirstByte(t *testing.T) {
	folder := t.TempDir()
	log := func(name, text string) *process {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return &process{log: file}
	}
	broker := log("broker", `not JSON
{"msg":"component attached","source":"a name"}
{"msg":"session offered","session":"one","decide":100,"keys":0,"mint":400,"target":1000,"record":1500,"source":900,"all":2900}
`)
	source := log("source", `{"msg":"offer taken","session":"one","after":300}
{"msg":"session asked for","session":"one","after":3000}
{"msg":"target proven","session":"one","dial":50,"handshake":1200}
{"msg":"connection opened","session":"one","flow":1,"open":150}
{"msg":"target proven","session":"one","dial":7777,"handshake":7777}
{"msg":"connection opened","session":"one","flow":2,"open":7777}
{"msg":"connection joined","session":"one","flow":3,"dial":40,"open":400}
`)
	first := []time.Duration{5000}
	steps, err := stepsOf(broker, source, first)
	if err != nil {
		t.Fatal(err)
	}
	var sum time.Duration
	for n, want := range []time.Duration{700, 100, 400, 1000, 500, 300, 50, 1200, 150, 600} {
		if got := steps[n].P50; got != want {
			t.Errorf("%s: %d, want %d", steps[n].Name, got, want)
		}
		sum += steps[n].P50
	}
	if sum != first[0] {
		t.Errorf("together %d of %d", sum, first[0])
	}
	joined, err := joinStepsOf(source, []time.Duration{500})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []time.Duration{40, 400, 60} {
		if got := joined[n].P50; got != want {
			t.Errorf("%s: %d, want %d", joined[n].Name, got, want)
		}
	}
	if _, err := stepsOf(broker, source, append(first, 5000)); err == nil {
		t.Error("a session that no log has is not missed")
	}
}
