package server

import (
	"io"
	"net/http"
)

// healthHandler answers monitoring and load balancers: 200 while sessions can begin, else 503. The body is one line in words; it names no
// component, rule or address.
func healthHandler(source metricsSource) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		answer := "ok"
		if problem := source.RecordProblem(); problem != "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			answer = problem
		}
		_, _ = io.WriteString(w, answer+"\n") // a client that has gone needs no answer
	})
}
