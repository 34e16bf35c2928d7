package wire

import "time"

// Limits of the control protocol that both ends hold.
const (
	// MaximumMessage is the size in bytes of the largest control message.
	MaximumMessage = 256 << 10
	// Window is how many bytes of control messages may be on their way, each way; a larger message goes in parts. It does not grow: an
	// end that lets it grow measures the path with a ping for each message.
	Window = 64 << 10
	// MaximumDocument is the size in bytes of the largest document of the Administration service.
	MaximumDocument = 64 << 20
	// KeepAlive is the time between the pings that keep the control stream alive.
	KeepAlive = 20 * time.Second
	// Silence is how long a component may be silent before it is shown as offline.
	Silence = 30 * time.Second
	// HandshakeWithin is how long a connection may take to become a TLS one. Both ends give up then: what the broker works on is not in vain.
	HandshakeWithin = 10 * time.Second
	// HandshakesOfGateway is how many of them the broker takes at once from the address of a provider's gateway, through which all tenants
	// come; the gateway shares them among these.
	HandshakesOfGateway = 128
	// StatsInterval is the time between two reports of traffic and load while a session lives, QuietStatsInterval while none does.
	StatsInterval      = time.Second
	QuietStatsInterval = 30 * time.Second
	// BrokerPort, DataPort and ProviderPort are the ports where nothing else is set.
	BrokerPort   = 6170
	DataPort     = 6171
	ProviderPort = 6180
	// MaximumOneTimeKeys is how many one-time keys of a component the broker keeps.
	MaximumOneTimeKeys = 64
	// MaximumLiveSessions is how many sessions one component may carry.
	MaximumLiveSessions = 4096
)
