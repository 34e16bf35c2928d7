package alarm

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/enginetest/loopback"
)

const key = "a key of the webhook"

// taken is a request that a web server got.
type taken struct {
	header http.Header
	body   []byte
}

func webServer(t *testing.T, answer http.HandlerFunc) (*httptest.Server, *[]taken) {
	t.Helper()
	got := new([]taken)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*got = append(*got, taken{r.Header, body})
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server, got
}

func TestAWebhookGetsSignedJSON(t *testing.T) {
	server, got := webServer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	a := sample()
	if err := newWebhook(&engine.WebhookReceiver{URL: server.URL + "/lockwire?team=backup"}, key).send(t.Context(), &a, 2); err != nil {
		t.Fatal(err)
	}
	request := (*got)[0]
	seconds, err := strconv.ParseInt(request.header.Get("Lockwire-Timestamp"), 10, 64)
	if since := time.Since(time.Unix(seconds, 0)); err != nil || since < -time.Second || since > time.Minute {
		t.Errorf("the timestamp is %q", request.header.Get("Lockwire-Timestamp"))
	}
	// As a receiver computes it, from the documentation alone.
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(request.header.Get("Lockwire-Timestamp") + "." + string(request.body)))
	if want := "v1=" + hex.EncodeToString(mac.Sum(nil)); request.header.Get("Lockwire-Signature") != want {
		t.Errorf("the signature is %q", request.header.Get("Lockwire-Signature"))
	}
	var body struct {
		engine.Alarm
		Words   string
		Dropped int
	}
	if err := json.Unmarshal(request.body, &body); err != nil || body.ID != a.ID || body.Kind != engine.PlainOnPublic || body.Count != 3 || body.Dropped != 2 || body.Words != a.Words() {
		t.Errorf("%s: %v", request.body, err)
	}
	if request.header.Get("Lockwire-Delivery") != string(a.ID) || request.header.Get("Content-Type") != "application/json" {
		t.Errorf("%v", request.header)
	}
	if strings.Contains(string(request.body), key) {
		t.Error("the key is in the body")
	}
}

func TestWhatAWebServerAnswersDecidesWhetherItIsTriedAgain(t *testing.T) {
	for code, refuses := range map[int]bool{301: true, 307: true, 400: true, 401: true, 404: true, 410: true, 408: false, 429: false, 500: false, 503: false} {
		server, got := webServer(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
			io.WriteString(w, strings.Repeat("nonsense\x00", 100_000))
		})
		a := sample()
		err := newWebhook(&engine.WebhookReceiver{URL: server.URL}, key).send(t.Context(), &a, 0)
		refused := new(refusedError)
		if err == nil || errors.As(err, &refused) != refuses || !strings.Contains(err.Error(), strconv.Itoa(code)) || strings.Contains(err.Error(), "nonsense") {
			t.Errorf("%d: %v", code, err)
		}
		if len(*got) != 1 {
			t.Errorf("%d: a signed alarm went out %d times", code, len(*got))
		}
	}
}

func TestAWebServerThatIsNoneOrGoneIsAnError(t *testing.T) {
	a := sample()
	// Some addresses are a secret by themselves: what the log says of the failure has none of it.
	if err := newWebhook(&engine.WebhookReceiver{URL: "http://" + loopback.Address(t) + "/hooks/T0001?token=x17"}, key).send(t.Context(), &a, 0); err == nil {
		t.Error("one that is gone takes it")
	} else if strings.Contains(err.Error(), "T0001") || strings.Contains(err.Error(), "x17") {
		t.Error("the address is repeated:", err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connection, _, _ := w.(http.Hijacker).Hijack()
		io.WriteString(connection, "SSH-2.0-nonsense\r\n")
		connection.Close()
	}))
	t.Cleanup(server.Close)
	if err := newWebhook(&engine.WebhookReceiver{URL: server.URL}, key).send(t.Context(), &a, 0); err == nil {
		t.Error("one that speaks no HTTP takes it")
	}
	if err := newWebhook(&engine.WebhookReceiver{URL: server.URL}, "").send(t.Context(), &a, 0); err == nil || !strings.Contains(err.Error(), "no key") {
		t.Error("it goes out unsigned:", err)
	}
}

func TestTheCertificateOfAWebServerIsVerified(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	server.Config.ErrorLog = nil
	a := sample()
	if err := newWebhook(&engine.WebhookReceiver{URL: server.URL}, key).send(t.Context(), &a, 0); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Error("an unknown certificate is taken:", err)
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := newWebhook(&engine.WebhookReceiver{URL: server.URL, CA: string(ca)}, key).send(t.Context(), &a, 0); err != nil {
		t.Error("the one that is named is refused:", err)
	}
}
