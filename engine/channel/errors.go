package channel

import (
	"errors"
	"fmt"
	"io"

	"lockwire/engine/channel/admission"
)

var (
	// ErrTruncated is returned by Read when the connection ended before the peer's end record: what was read so far may
	// be only a part. It wraps io.ErrUnexpectedEOF.
	ErrTruncated = fmt.Errorf("the channel was cut before its end: %w", io.ErrUnexpectedEOF)
	// ErrRecord is returned by every call on a channel that received a record which was altered, repeated, out of order,
	// or not allowed at its place.
	ErrRecord = errors.New("a record of the channel is not authentic")
	// ErrRefusedByTarget is returned by Open when the target ended the handshake with a TLS alert instead of an answer: it
	// did not accept this component's key. Unlike RefusedError it is not authenticated.
	ErrRefusedByTarget = errors.New("refused by the target")
	// ErrPeerKey is returned by Handshake, and reported by Server, when the peer proved another key than the broker named.
	ErrPeerKey = errors.New("the peer's key is not the one that the broker named")
	// ErrNoSession is what Server.Lookup returns for a session that is unknown, used up or expired, and what an end returns whose
	// own session secret was wiped.
	ErrNoSession = errors.New("no such session")
	// ErrUnanswered is returned by Join when the connection ended before any answer: the target may not know the session any more.
	// Nothing of the flow was sent.
	ErrUnanswered = errors.New("the connection ended before the join was answered")
	// ErrNoneKept is returned by JoinKept where no kept connection carries the flow, with ErrUnanswered where one was tried. Nothing was
	// changed, or sent, that keeps the flow from being tried over another connection.
	ErrNoneKept = errors.New("no connection is kept")
	// errKeptClosed is what Server finds where a kept connection carries no further flow, which is how most of them end.
	errKeptClosed = errors.New("the connection was kept for another flow, and none came")
	// errNoJoin is reported by Server for a flight that it does not take, whatever for: it tells strangers apart no more than the
	// reset does that they get.
	errNoJoin = errors.New("it joins no session here")
	// ErrFlowUsed is returned by FlowNumbers.Take for a number that was taken before or is too old to tell.
	ErrFlowUsed = errors.New("the flow number was used before")
	// ErrBusy is reported by Server when a connection was dropped because there were too many.
	ErrBusy = admission.ErrBusy
	// ErrClientHello is reported by Server for a connection that did not begin with a usable ClientHello in time.
	ErrClientHello = admission.ErrClientHello
	// ErrNotEnded is returned by Close when a direction had not ended; the connection was reset.
	ErrNotEnded = errors.New("closed before both directions ended")
	// ErrEnded is returned by Commit after CloseWrite.
	ErrEnded = errors.New("this direction of the channel has ended")
	// ErrReset is returned by every call after Reset or Close.
	ErrReset = errors.New("the channel was reset")
	// ErrCipher is returned where this program cannot use the session's cipher: ChaCha20-Poly1305 in strict FIPS 140 mode.
	ErrCipher = errors.New("the session's cipher is not available here")
)

// Reason says why a target refused an open. It is one byte on the wire; an unknown one is a general refusal.
type Reason uint8

const (
	// ReasonOther is a refusal that only its text explains.
	ReasonOther Reason = 0
	// ReasonBackendUnreachable: the target could not connect to the backend.
	ReasonBackendUnreachable Reason = 1
	// ReasonBackendForbidden: the target's own allow-list does not cover the backend.
	ReasonBackendForbidden Reason = 2
	// ReasonSessionOver: the session takes no new flow.
	ReasonSessionOver Reason = 3
	// ReasonFlowUsed: the flow number was used before.
	ReasonFlowUsed Reason = 4
	// ReasonUnknownService: the session does not lead to the service that open named.
	ReasonUnknownService Reason = 5
	// ReasonUnknownExtension: open carried an extension that the target does not know.
	ReasonUnknownExtension Reason = 6
	// ReasonBusy: the target has too many flows.
	ReasonBusy Reason = 7
)

// String says the reason in words.
func (r Reason) String() string {
	switch r {
	case ReasonBackendUnreachable:
		return "the backend does not answer"
	case ReasonBackendForbidden:
		return "the target's allow-list does not cover the backend"
	case ReasonSessionOver:
		return "the session takes no new flow"
	case ReasonFlowUsed:
		return "the flow number was used before"
	case ReasonUnknownService:
		return "the session does not lead to this service"
	case ReasonUnknownExtension:
		return "the target does not know an extension of the request"
	case ReasonBusy:
		return "the target has too many flows"
	}
	return "the target refused the flow"
}

// RefusedError is returned by Open when the target answered with a refused record. It is authenticated.
type RefusedError struct {
	Reason Reason
	// Detail is the target's own words, at most 255 bytes of printable UTF-8; may be empty.
	Detail string
}

// Error gives reason and detail.
func (e *RefusedError) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("refused by the target: %v", e.Reason)
	}
	return fmt.Sprintf("refused by the target: %v: %s", e.Reason, e.Detail)
}
