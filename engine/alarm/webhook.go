package alarm

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"lockwire/engine"
)

// Headers of a webhook's request. The signature is "v1=" and the hexadecimal HMAC-SHA-256, under the webhook's key, of the timestamp, a
// full stop and the body. A receiver compares it in constant time, and refuses old timestamps and a delivery that it knows.
const (
	HeaderTimestamp = "Lockwire-Timestamp" // seconds since 1970
	HeaderSignature = "Lockwire-Signature"
	HeaderDelivery  = "Lockwire-Delivery" // the alarm's id; the same when it is sent again
)

// maximumAnswer is how much of an answer is read, to use the connection again. Nothing of it is kept.
const maximumAnswer = 16 << 10

// webhookSender posts alarms as JSON.
type webhookSender struct {
	url    string
	key    []byte
	client *http.Client
	now    func() time.Time
}

// webhookBody is what is posted.
type webhookBody struct {
	engine.Alarm
	// Words say the alarm in a line.
	Words string `json:"words"`
	// Dropped is how many alarms before this one were never sent.
	Dropped uint64 `json:"dropped,omitempty"`
}

func newWebhook(r *engine.WebhookReceiver, key string) *webhookSender {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: rootsOf(r.CA), MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: sendWithin,
		MaxIdleConns: 1, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
	}
	return &webhookSender{url: r.URL, key: []byte(key), now: time.Now, client: &http.Client{
		Transport: transport,
		// A redirect would carry the signed alarm to where nobody has set it up.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (s *webhookSender) send(ctx context.Context, a *engine.Alarm, dropped uint64) error {
	if len(s.key) == 0 {
		return &refusedError{"it has no key to sign with; give it one"}
	}
	body, err := json.Marshal(webhookBody{Alarm: *a, Words: a.Words(), Dropped: dropped})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	timestamp := strconv.FormatInt(s.now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "lockwired")
	request.Header.Set(HeaderTimestamp, timestamp)
	request.Header.Set(HeaderDelivery, string(a.ID))
	request.Header.Set(HeaderSignature, Signature(s.key, timestamp, body))
	answer, err := s.client.Do(request)
	if named := new(url.Error); errors.As(err, &named) { // it repeats the address, which can hold a token
		return named.Err
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, io.LimitReader(answer.Body, maximumAnswer))
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		return &refusedError{fmt.Sprintf("it answers %d, which leads elsewhere; give the address where it ends", code)}
	case code == http.StatusRequestTimeout || code == http.StatusTooEarly || code == http.StatusTooManyRequests || code >= 500:
		return fmt.Errorf("it answers %d %s", code, http.StatusText(code))
	default:
		return &refusedError{fmt.Sprintf("it answers %d %s", code, http.StatusText(code))}
	}
}

// Signature is the value of HeaderSignature.
func Signature(key []byte, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	io.WriteString(mac, timestamp+".")
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}
