package alarm

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"lockwire/engine"
)

const (
	// facility is daemon.
	facility = 3
	// enterprise qualifies the names of structured data. It is the number that RFC 5612 reserves for examples: Lockwire has none of its own.
	enterprise = "lockwire@32473"
	// maximumLine bounds a message: what a server must take over UDP where addresses are IPv4 is 480 bytes, what it should is 2,048.
	maximumLine = 2048
	// maximumSyslogText bounds the text in it.
	maximumSyslogText = 1200
	// closesWithin is how long a server may take to close a connection after all was sent. A connection that it resets has lost the alarm.
	closesWithin = 3 * time.Second
)

// syslogSender sends RFC 5424 over UDP (RFC 5426), TCP with octet counting (RFC 6587) or TLS (RFC 5425). Syslog has no answer: over TCP
// and TLS each alarm has a connection of its own, so that one which the server resets is noticed and sent again.
type syslogSender struct {
	receiver engine.SyslogReceiver
	tls      *tls.Config
}

func newSyslog(r *engine.SyslogReceiver) *syslogSender {
	s := &syslogSender{receiver: *r}
	if r.Transport == engine.SyslogTLS {
		host, _, _ := net.SplitHostPort(r.Address) // the settings were checked
		s.tls = &tls.Config{ServerName: host, RootCAs: rootsOf(r.CA), MinVersion: tls.VersionTLS12}
	}
	return s
}

// rootsOf gives certificates in PEM as roots; nil, which is those of the system, where there are none.
func rootsOf(text string) *x509.CertPool {
	if text == "" {
		return nil
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(text)) // the settings were checked
	return roots
}

func (s *syslogSender) send(ctx context.Context, a *engine.Alarm, dropped uint64) error {
	line := syslogLine(a, dropped, os.Getpid())
	dialer := net.Dialer{}
	if s.receiver.Transport == engine.SyslogUDP {
		connection, err := dialer.DialContext(ctx, "udp", s.receiver.Address)
		if err != nil {
			return err
		}
		defer connection.Close()
		_, err = io.WriteString(connection, line)
		return err
	}
	connection, err := dialer.DialContext(ctx, "tcp", s.receiver.Address)
	if err != nil {
		return err
	}
	defer connection.Close()
	if deadline, is := ctx.Deadline(); is {
		connection.SetDeadline(deadline)
	}
	defer context.AfterFunc(ctx, func() { connection.SetDeadline(time.Now()) })()
	if s.tls != nil {
		secured := tls.Client(connection, s.tls)
		if err := secured.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("TLS with %s: %w", s.receiver.Address, err)
		}
		connection = secured
	}
	if _, err := io.WriteString(connection, strconv.Itoa(len(line))+" "+line); err != nil {
		return err
	}
	return awaitClose(connection)
}

// awaitClose says that nothing more comes, and waits a while for the server to close. One that keeps the connection open has taken it, as
// far as syslog can tell.
func awaitClose(connection net.Conn) error {
	if half, can := connection.(interface{ CloseWrite() error }); can {
		if err := half.CloseWrite(); err != nil {
			return err
		}
	}
	connection.SetReadDeadline(time.Now().Add(closesWithin))
	_, err := io.Copy(io.Discard, io.LimitReader(connection, 64<<10))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// syslogLine writes an alarm as RFC 5424.
func syslogLine(a *engine.Alarm, dropped uint64, process int) string {
	severity := map[engine.Severity]int{engine.Critical: 2, engine.Warning: 4, engine.Advice: 5}[a.Severity]
	kind := string(a.Kind)
	if a.Test {
		severity, kind = 6, "test"
	}
	var line strings.Builder
	fmt.Fprintf(&line, "<%d>1 %s %s lockwired %d %s [%s", facility*8+severity, a.Last.UTC().Format("2006-01-02T15:04:05.000000Z07:00"),
		headerWord(a.Broker, 255), process, headerWord(strings.ReplaceAll(kind, " ", "-"), 32), enterprise)
	for _, p := range []struct{ name, value string }{
		{"id", string(a.ID)}, {"installation", string(a.Installation)}, {"kind", kind}, {"severity", string(a.Severity)}, {"count", strconv.Itoa(a.Count)},
		{"first", a.First.UTC().Format(time.RFC3339)}, {"last", a.Last.UTC().Format(time.RFC3339)}, {"place", string(a.Place)}, {"thing", string(a.Thing)},
		{"dropped", droppedWord(dropped)},
	} {
		if p.value != "" {
			fmt.Fprintf(&line, ` %s="%s"`, p.name, escapeParameter(engine.Printable(p.value)))
		}
	}
	line.WriteString("] \ufeff") // which says that the text is UTF-8
	line.WriteString(shortened(a.Words(), min(maximumSyslogText, maximumLine-line.Len())))
	return line.String()
}

// droppedWord is empty for none.
func droppedWord(dropped uint64) string {
	if dropped == 0 {
		return ""
	}
	return strconv.FormatUint(dropped, 10)
}

// headerWord makes a word of the header: visible ASCII without spaces, - where nothing is left.
func headerWord(text string, most int) string {
	word := strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return -1
	}, text)
	if word == "" {
		return "-"
	}
	return word[:min(len(word), most)]
}

var parameterEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`)

func escapeParameter(text string) string { return parameterEscapes.Replace(text) }

// shortened cuts a text to so many bytes, at a whole character.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const more = "…"
	return strings.ToValidUTF8(text[:max(most-len(more), 0)], "") + more
}
