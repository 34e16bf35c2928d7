package alarm

import (
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/enginetest/loopback"
)

func sample() engine.Alarm {
	return engine.Alarm{
		ID: "0190c0de-0000-7000-8000-000000000001", Installation: "0190c0de-0000-7000-8000-000000000002", Broker: "broker.example", Kind: engine.PlainOnPublic,
		Severity: engine.Critical, Text: `The session a to b is plain, and touches a public address: trusted link "x] y\z".`, Place: engine.AtSession, Thing: "0190c0de-0000-7000-8000-000000000003",
		Count: 3, First: noon, Last: noon.Add(90 * time.Second),
	}
}

func TestASyslogLineIsRFC5424(t *testing.T) {
	a := sample()
	want := `<26>1 2027-01-30T12:01:30.000000Z broker.example lockwired 42 plain-on-public [lockwire@32473 id="0190c0de-0000-7000-8000-000000000001" ` +
		`installation="0190c0de-0000-7000-8000-000000000002" kind="plain on public" severity="critical" count="3" first="2027-01-30T12:00:00Z" last="2027-01-30T12:01:30Z" ` +
		`place="session" thing="0190c0de-0000-7000-8000-000000000003" dropped="2"] ` + "\ufeff" +
		`The session a to b is plain, and touches a public address: trusted link "x] y\z". It is the newest of 3 findings like it within 1m30s.`
	if got := syslogLine(&a, 2, 42); got != want {
		t.Errorf("it is\n%s", got)
	}
	a.Kind, a.Test = "", true
	if got := syslogLine(&a, 0, 42); !strings.HasPrefix(got, "<30>1 ") || !strings.Contains(got, " test [") || strings.Contains(got, "dropped") {
		t.Errorf("a test: %s", got)
	}
}

// Names and reasons come from other machines: none may end the line, the structured data or a parameter.
func TestASyslogLineIsOneLineWhateverIsInIt(t *testing.T) {
	a := sample()
	a.Text = "a\nb\r\x00<26>1 forged" + strings.Repeat("ü", 5000)
	a.Broker = "bröker name\n" + strings.Repeat("x", 500)
	a.Thing = `"] [forged x="`
	line := syslogLine(&a, 0, 1)
	if strings.ContainsAny(line, "\n\r\x00") || len(line) > maximumLine || !strings.HasSuffix(line, "…") || strings.ToValidUTF8(line, "") != line {
		t.Errorf("%d bytes: %.300q", len(line), line)
	}
	if !strings.Contains(line, `thing="\"\] [forged x=\""`) || strings.Fields(line)[2] != "brkername"+strings.Repeat("x", 246) {
		t.Errorf("%.400q", line)
	}
}

// syslogServer takes one connection after the other and does with each what is asked.
func syslogServer(t *testing.T, with func(net.Conn)) *syslogSender {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { listener.Close(); <-ended })
	go func() {
		defer close(ended)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			with(connection)
			connection.Close()
		}
	}()
	return newSyslog(&engine.SyslogReceiver{Address: listener.Addr().String(), Transport: engine.SyslogTCP})
}

func TestOverTCPTheLengthIsCountedAndAResetIsNoticed(t *testing.T) {
	got := make(chan string, 1)
	a := sample()
	s := syslogServer(t, func(c net.Conn) {
		text, _ := io.ReadAll(c)
		got <- string(text)
	})
	if err := s.send(t.Context(), &a, 0); err != nil {
		t.Fatal(err)
	}
	text := <-got
	if length, line, _ := strings.Cut(text, " "); length != strconv.Itoa(len(line)) || !strings.HasPrefix(line, "<26>1 ") {
		t.Errorf("%q", text)
	}
	// A server that goes away in between has lost what was written.
	resets := syslogServer(t, func(c net.Conn) {
		io.ReadFull(c, make([]byte, 10))
		c.(*net.TCPConn).SetLinger(0)
	})
	if err := resets.send(t.Context(), &a, 0); err == nil {
		t.Error("a reset counts as sent")
	}
	// One that answers nonsense, for ever, has taken it.
	chatters := syslogServer(t, func(c net.Conn) {
		for {
			if _, err := c.Write(make([]byte, 8<<10)); err != nil {
				return
			}
		}
	})
	if err := chatters.send(t.Context(), &a, 0); err != nil {
		t.Error("a server that talks back:", err)
	}
	gone := newSyslog(&engine.SyslogReceiver{Address: loopback.Address(t), Transport: engine.SyslogTCP})
	if err := gone.send(t.Context(), &a, 0); err == nil {
		t.Error("a server that is gone takes it")
	}
}

func TestNoPlainSyslogIsSpokenWithAServerThatCannotTLS(t *testing.T) {
	got := make(chan string, 1)
	s := syslogServer(t, func(c net.Conn) {
		text := make([]byte, 1024)
		n, _ := c.Read(text)
		got <- string(text[:n])
		c.Write([]byte("220 hello\r\n"))
	})
	s.receiver.Transport = engine.SyslogTLS
	s = newSyslog(&s.receiver)
	a := sample()
	if err := s.send(t.Context(), &a, 0); err == nil || !strings.Contains(err.Error(), "TLS with") {
		t.Error(err)
	}
	if text := <-got; strings.Contains(text, "lockwired") {
		t.Errorf("it said %q", text)
	}
}
