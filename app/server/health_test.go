package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthSaysWhySessionsCannotBegin(t *testing.T) {
	source := &countedBroker{}
	server := httptest.NewServer(healthHandler(source))
	defer server.Close()
	if got := get(t, server.URL, http.StatusOK); got != "ok\n" {
		t.Errorf("%q", got)
	}
	source.problem = "the disk of its data folder is full"
	if got := get(t, server.URL, http.StatusServiceUnavailable); !strings.Contains(got, source.problem) {
		t.Errorf("%q", got)
	}
}

func TestAServedBrokerSaysThatItIsWell(t *testing.T) {
	running := serve(t, newFolder(t), func(o *ServeOptions) { o.Metrics = "127.0.0.1:0" })
	if got := get(t, "http://"+running.Metrics.String()+"/health", http.StatusOK); got != "ok\n" {
		t.Errorf("%q", got)
	}
}
