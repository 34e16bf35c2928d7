package administration

import (
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Words gives the text of a failed call for people.
func Words(err error) string {
	answer := status.Convert(err)
	if answer.Code() == codes.Unavailable {
		return connectionWords(answer.Message())
	}
	return answer.Message()
}

// connectionWords turns gRPC's text for a failed connection into words. The text of our own dialler stays as it is.
func connectionWords(message string) string {
	for _, wrapping := range []string{"connection error: desc = ", "name resolver error: ", "last connection error: "} {
		if _, within, found := strings.Cut(message, wrapping); found {
			message = within
		}
	}
	if strings.HasPrefix(message, `"`) {
		if within, err := strconv.QuotedPrefix(message); err == nil {
			message, _ = strconv.Unquote(within)
		}
	}
	if _, within, found := strings.Cut(message, "transport: Error while dialing: "); found {
		return within
	}
	if _, within, found := strings.Cut(message, "authentication handshake failed: "); found {
		if strings.HasSuffix(within, "EOF") || strings.Contains(within, "connection reset") {
			return "what listens there ends the connection at once; is it a Lockwire broker, and is that its port?"
		}
		return "what answers there was not accepted, or does not accept this program: " + within
	}
	for _, known := range []struct{ of, words string }{
		{"keepalive ping failed", "it stopped answering; the connection is made again"},
		{"error reading server preface", "what listens there is no Lockwire broker, or it is just starting or ending"},
		{"error reading from server", "the connection broke; it is made again"},
		{"transport is closing", "the connection broke; it is made again"},
		{"connection reset", "the connection broke; it is made again"},
		{"broken pipe", "the connection broke; it is made again"},
		{"EOF", "the connection broke; it is made again"},
		{"draining", "the broker stops"},
	} {
		if strings.Contains(message, known.of) {
			return known.words
		}
	}
	return message
}
