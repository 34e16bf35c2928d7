package alarm

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/enginetest/loopback"
)

// waitsFor is how long a test waits for what must come.
const waitsFor = time.Minute

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(waitsFor); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, waitsFor)
		}
	}
}

// certificateFor makes a certificate for 127.0.0.1 that signs itself, and its key, both in PEM.
func certificateFor(t *testing.T) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "receiver"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}

// rsyslog runs Debian's rsyslog as a process of its own, which writes what it takes to a file, a line each.
type rsyslog struct {
	udp, tcp, tls string
	certificate   string
	file          string
}

const rsyslogConfiguration = `
global(workDirectory="%[1]s" defaultNetstreamDriverCAFile="%[1]s/certificate.pem" defaultNetstreamDriverCertFile="%[1]s/certificate.pem" defaultNetstreamDriverKeyFile="%[1]s/key.pem")
module(load="imudp")
module(load="imtcp")
template(name="line" type="string" string="%%pri%%|%%hostname%%|%%app-name%%|%%msgid%%|%%structured-data%%|%%msg%%\n")
input(type="imudp" address="127.0.0.1" port="%[2]s" ruleset="all")
input(type="imtcp" address="127.0.0.1" port="%[3]s" ruleset="all")
input(type="imtcp" address="127.0.0.1" port="%[4]s" ruleset="all" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
ruleset(name="all") { action(type="omfile" file="%[1]s/got" template="line") }
`

func startRsyslog(t *testing.T) *rsyslog {
	t.Helper()
	program, err := exec.LookPath("rsyslogd")
	if err != nil {
		t.Skip("needs the Debian packages rsyslog and rsyslog-openssl")
	}
	folder := t.TempDir()
	certificate, key := certificateFor(t)
	r := &rsyslog{udp: loopback.Address(t), tcp: loopback.Address(t), tls: loopback.Address(t), certificate: string(certificate), file: filepath.Join(folder, "got")}
	port := func(address string) string { return address[strings.LastIndex(address, ":")+1:] }
	for name, content := range map[string][]byte{
		"certificate.pem": certificate, "key.pem": key, "conf": fmt.Appendf(nil, rsyslogConfiguration, folder, port(r.udp), port(r.tcp), port(r.tls)),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var said bytes.Buffer
	process := exec.Command(program, "-n", "-f", filepath.Join(folder, "conf"), "-i", filepath.Join(folder, "pid"))
	process.Stdout, process.Stderr = &said, &said
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- process.Wait() }()
	t.Cleanup(func() {
		process.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			t.Logf("rsyslog said:\n%s", said.String())
		}
	})
	eventually(t, "rsyslog listens", func() bool {
		for _, address := range []string{r.tcp, r.tls} {
			connection, err := net.Dial("tcp", address)
			if err != nil {
				return false
			}
			connection.Close()
		}
		return true
	})
	return r
}

// got gives the line that has a word; empty while there is none.
func (r *rsyslog) got(word string) string {
	text, _ := os.ReadFile(r.file)
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.Contains(line, word) {
			return line
		}
	}
	return ""
}

func TestRsyslogTakesAlarmsOverEachTransport(t *testing.T) {
	t.Parallel()
	r := startRsyslog(t)
	for _, receiver := range []engine.SyslogReceiver{
		{Address: r.udp, Transport: engine.SyslogUDP}, {Address: r.tcp, Transport: engine.SyslogTCP}, {Address: r.tls, Transport: engine.SyslogTLS, CA: r.certificate},
	} {
		k := New(Config{Installation: engine.NewID()})
		k.Configure(engine.AlarmSettings{Syslog: &receiver}, engine.AlarmSecrets{})
		if result := k.Test(t.Context(), engine.AlarmSyslog); result.Problem != "" {
			t.Errorf("%s: %s", receiver.Transport, result.Problem)
			continue
		}
		a := sample()
		a.Text = "over " + string(receiver.Transport) + ": ein Größenproblem"
		if err := newSyslog(&receiver).send(t.Context(), &a, 0); err != nil {
			t.Errorf("%s: %v", receiver.Transport, err)
			continue
		}
		line := ""
		eventually(t, string(receiver.Transport), func() bool {
			if receiver.Transport == engine.SyslogUDP { // what is sent before it listens is lost
				newSyslog(&receiver).send(t.Context(), &a, 0)
			}
			line = r.got(a.Text)
			return line != ""
		})
		fields := strings.SplitN(line, "|", 6)
		if len(fields) != 6 || fields[0] != "26" || fields[1] != "broker.example" || fields[2] != "lockwired" || fields[3] != "plain-on-public" ||
			!strings.HasPrefix(fields[4], `[lockwire@32473 id="`) || !strings.Contains(fields[4], `kind="plain on public"`) || strings.TrimPrefix(fields[5], "\ufeff") != a.Words() {
			t.Errorf("%s: rsyslog reads %q", receiver.Transport, line)
		}
	}
	eventually(t, "the test alarm", func() bool { return r.got("This is a test alarm of Lockwire") != "" })
	// A certificate that nobody has named is not taken.
	a := sample()
	if err := newSyslog(&engine.SyslogReceiver{Address: r.tls, Transport: engine.SyslogTLS}).send(t.Context(), &a, 0); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Error("an unknown certificate is taken:", err)
	}
}
