package engine

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Bounds on what a person or a file may put into the fields of a rule, component, service or route.
const (
	MaximumNameLength    = 64    // characters of a name
	MaximumCommentLength = 1024  // characters of a comment
	MaximumReasonLength  = 256   // characters of an exemption's reason
	MaximumSelectors     = 1024  // entries of a rule's source or target
	MaximumAddresses     = 1024  // addresses of one component
	MaximumTags          = 64    // tags of one component
	MaximumRules         = 20000 // rules of one installation

	maximumSelectorLength = 300 // component: and a long name, or host: and the longest DNS name
)

// FieldError says which field of what is wrong, and why. Screens show it beside the field, the command line on stderr.
type FieldError struct {
	Of    string // what has the field, such as `rule "Branch uplink"`; may be empty
	Field string // the field's name as files and screens use it, such as source
	Err   error
}

// Error names the field and the cause.
func (e *FieldError) Error() string {
	if e.Of == "" {
		return fmt.Sprintf("%s: %v", e.Field, e.Err)
	}
	return fmt.Sprintf("%s: %s: %v", e.Of, e.Field, e.Err)
}

// Unwrap gives the cause.
func (e *FieldError) Unwrap() error { return e.Err }

// fieldError is nil where err is.
func fieldError(of, field string, err error) error {
	if err == nil {
		return nil
	}
	return &FieldError{Of: of, Field: field, Err: err}
}

// CheckTag checks a tag: 1 to 64 lower-case letters, digits, '-', '_' and '.'.
func CheckTag(tag string) error {
	if tag == "" || len(tag) > MaximumNameLength || strings.ContainsFunc(tag, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	}) {
		return fmt.Errorf("%q is not a tag; write 1 to %d of a-z, 0-9, '-', '_' and '.'", abbreviate(tag, MaximumNameLength), MaximumNameLength)
	}
	return nil
}

// checkHostName checks a DNS name by the letters of RFC 1123.
func checkHostName(name string) error {
	if len(name) == 0 || len(name) > 253 {
		return fmt.Errorf("%q is not a host name", abbreviate(name, 64))
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") { // the dot of an absolute name, in HOST:PORT
		wrong := strings.ContainsFunc(label, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
		})
		if wrong || label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return fmt.Errorf("%q is not a host name", abbreviate(name, 64))
		}
	}
	return nil
}

// CheckHostPort checks HOST:PORT, where the host is an address or a DNS name and the port is from 1 to 65535.
func CheckHostPort(text string) error {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return fmt.Errorf("%q is not an address with a port; write one such as 127.0.0.1:8000", abbreviate(text, 128))
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return fmt.Errorf("%q is not a port; a port is a number from 1 to 65535", abbreviate(port, 16))
	}
	address, err := ParseAddress(host)
	if err != nil {
		return checkHostName(host)
	}
	return CheckDialled(address)
}
