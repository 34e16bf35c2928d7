package channel

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"lockwire/engine"
)

// The protocol's name is its ALPN and the first field of the exporter's context, so that two versions never have a key in common. Its
// number is engine.ChannelVersion.
const (
	protocolPrefix = "lockwire/"
	protocol       = protocolPrefix + "1"
)

// ErrVersion is returned by Handshake, and reported by Server, where the other end speaks another version of the channel. The broker
// refuses such a session before; there is no version to fall back to.
var ErrVersion = errors.New("the two ends do not speak the same version of the data channel")

// otherVersion says what a peer named in ALPN instead of this end's version, and what to update. The names are anybody's.
func otherVersion(peer string, names []string) error {
	var versions []int
	for _, name := range names {
		if version, err := strconv.ParseUint(strings.TrimPrefix(name, protocolPrefix), 10, 16); err == nil && strings.HasPrefix(name, protocolPrefix) {
			versions = append(versions, int(version))
		}
	}
	const these = 4 // as many as are worth a line
	slices.Sort(versions)
	versions = slices.Compact(versions)
	versions = versions[max(len(versions)-these, 0):]
	switch {
	case len(versions) == 0:
		return fmt.Errorf("%w: this end speaks version %d, and %s names none: it is no Lockwire, or one that is too old or too new; update it", ErrVersion, engine.ChannelVersion, peer)
	case len(versions) > 1:
		return fmt.Errorf("%w: this end speaks version %d, and %s offers several, %s, where one belongs", ErrVersion, engine.ChannelVersion, peer,
			strings.Trim(fmt.Sprint(versions), "[]"))
	}
	older := "the machine of " + peer
	if versions[0] > engine.ChannelVersion {
		older = "this machine"
	}
	return fmt.Errorf("%w: %s speaks version %d, this end version %d: update Lockwire on %s", ErrVersion, peer, versions[0], engine.ChannelVersion, older)
}

// refusedVersion tells whether the target ended a handshake because of the version. That is not authentic, and the alert does not say
// which version the target speaks.
func refusedVersion(err error) bool {
	remote, ok := errors.AsType[*net.OpError](err)
	return ok && remote.Op == "remote error" && remote.Err.Error() == "tls: no application protocol"
}

// errTargetVersion is what a source knows of a target that refused its version.
func errTargetVersion(err error) error {
	return fmt.Errorf("%w: this end speaks version %d, and the target another one, which its log names: update Lockwire on the machine with the older one: %w",
		ErrVersion, engine.ChannelVersion, err)
}
