package identity

import "errors"

// Why a certificate is refused. They are returned by [Verifier.Verify] and the methods of [Caller], wrapped with particulars.
var (
	// ErrNoCertificate: the peer showed none.
	ErrNoCertificate = errors.New("no certificate was shown: this machine or person has not joined yet")
	// ErrMalformed: what was shown is not a certificate that this program issues.
	ErrMalformed = errors.New("the certificate is not one that Lockwire issues")
	// ErrOtherInstallation: it belongs to another Lockwire installation.
	ErrOtherInstallation = errors.New("the certificate belongs to another Lockwire installation")
	// ErrUntrusted: it claims this installation, but none of its roots signed it.
	ErrUntrusted = errors.New("the certificate is not signed by this installation's authority")
	// ErrExpired: its last day is over.
	ErrExpired = errors.New("the certificate has expired (or the clock of one of the two machines is wrong): join again with a new token")
	// ErrNotYetValid: its first day is still to come, which only a wrong clock explains.
	ErrNotYetValid = errors.New("the certificate is not valid yet: the clock of one of the two machines is wrong")
	// ErrNotComponent, ErrNotAdministrator, ErrNotBroker, ErrNotTenant: it is good, but of another kind than is needed here.
	ErrNotComponent     = errors.New("the certificate is not a component's")
	ErrNotAdministrator = errors.New("the certificate is not an administrator's")
	ErrNotBroker        = errors.New("the certificate is not a broker's")
	ErrNotTenant        = errors.New("the certificate is not a tenant's")
	// ErrPin: the broker's chain does not hold the authority that the join token names.
	ErrPin = errors.New("the broker's authority is not the one that the join token names: the token is of another installation, or somebody stands in between")
)

// Why a certificate request is refused, by [ParseRequest].
var ErrBadRequest = errors.New("the certificate request is not acceptable")

// Why a join token is refused.
var (
	// ErrTokenMalformed: the text is no token at all. From [ParseToken].
	ErrTokenMalformed = errors.New("this is not a join token")
	// ErrTokenMistyped: the text looks like a token, but its checksum is wrong. From [ParseToken].
	ErrTokenMistyped = errors.New("the join token has a typing error or a missing part: copy it again")
	// ErrTokenVersion: it was made by a newer program. From [ParseToken].
	ErrTokenVersion = errors.New("the join token was made by a newer version of Lockwire: update this machine's agent")
	// ErrTokenUnknown: the broker has no such token. From [CheckToken].
	ErrTokenUnknown = errors.New("the join token is not known here: make a new one")
	// ErrTokenRevoked: an administrator took it back. From [CheckToken].
	ErrTokenRevoked = errors.New("the join token was revoked: make a new one")
	// ErrTokenExpired: its time is over. From [CheckToken].
	ErrTokenExpired = errors.New("the join token has expired: make a new one")
	// ErrTokenUsed: it has let in as many as it was made for. From [CheckToken].
	ErrTokenUsed = errors.New("the join token has been used already: make a new one")
)

// Why the link to a service provider is refused.
var (
	// ErrLinkMalformed: the text is no link at all. From [ParseLink].
	ErrLinkMalformed = errors.New("this is not a link to a service provider")
	// ErrLinkMistyped: the text looks like a link, but its checksum is wrong. From [ParseLink].
	ErrLinkMistyped = errors.New("the link has a typing error or a missing part: copy it again")
	// ErrLinkVersion: it was made by a newer program. From [ParseLink].
	ErrLinkVersion = errors.New("the link was made by a newer version of Lockwire: update this broker")
	// ErrLinkUnknown: the provider's broker has no such link. From [CheckLink].
	ErrLinkUnknown = errors.New("the link is not known here: ask the provider for a new one")
	// ErrLinkExpired: its seven days are over. From [CheckLink].
	ErrLinkExpired = errors.New("the link has expired: ask the provider for a new one")
	// ErrLinkUsed: it was redeemed already. From [CheckLink].
	ErrLinkUsed = errors.New("the link has been used already: if that was not you, tell the provider at once; else ask for a new one")
)

// Why the authority's file cannot be opened.
var (
	// ErrPassphraseNeeded: the key is sealed and no passphrase was given.
	ErrPassphraseNeeded = errors.New("the authority's key is sealed: its passphrase is needed")
	// ErrPassphrase: the passphrase is wrong, or the file was altered.
	ErrPassphrase = errors.New("the passphrase is wrong, or the authority's file was altered")
	// ErrNewerFile: it was written by a newer program.
	ErrNewerFile = errors.New("the file was written by a newer version of Lockwire")
	// ErrPermissions: others than the owner can read a file that holds a key.
	ErrPermissions = errors.New("the file holds a private key and others can read it: chmod 600 it")
)

// Why a component's directory cannot be used.
var (
	// ErrNotJoined: it holds no attachment yet.
	ErrNotJoined = errors.New("this machine has not joined an installation yet: run lockwire-agent join")
	// ErrOtherKey: a certificate was to be kept for another key than the one it certifies.
	ErrOtherKey = errors.New("the certificate is for another key")
)
