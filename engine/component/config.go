package component

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/headroom/calibrate"
	"lockwire/engine/identity"
	"lockwire/engine/network"
	"lockwire/engine/pump"
	"lockwire/engine/secret"
)

// Config is what a component is made from. Only Folder or Attachments is needed.
type Config struct {
	// Folder is the component's data folder. Its attachments lie below it (AttachmentsFolder), and its status file.
	Folder string
	// Attachments replaces those of Folder: one for each broker that the component serves.
	Attachments []*identity.Directory
	// Listen is the address of the data port; DefaultListen where it is empty.
	Listen string
	// Interfaces, where any are given, replace those that the system has: what the rules see. They are shown as given by hand.
	Interfaces []netip.Addr
	// Machine, where it is given, replaces the operating system's id of the machine. It too is shown as given by hand.
	Machine string
	// Advertise, where any are given, replace the addresses at which the data port is said to be dialled.
	Advertise []netip.AddrPort
	// AllowListen says what routes may listen on besides DefaultListenList and the list in Folder.
	AllowListen []string
	// StatusFile is where the component writes its status for others to read; none where it is empty.
	StatusFile string
	// DrainWithin is how long flows may still run when the component is stopped. It takes no new ones meanwhile. 0 resets them at once.
	DrainWithin time.Duration
	// Version is the program's, for the report.
	Version string
	// Calibrate lets the component measure its processor, once for each processor and version and when the broker asks, while it
	// carries no session. The result is kept in Folder.
	Calibrate bool
	// ProcessShared tells that others run in this process. The system counts processor time for the process, so that nothing is
	// said then of what sessions take.
	ProcessShared bool

	// Silence is how long the peer of a flow's connection may acknowledge nothing of what was sent to it; DefaultSilence where it is 0.
	Silence time.Duration
	// HalfClosed is how long a flow may be quiet of which one side has ended its direction; DefaultHalfClosed where it is 0.
	HalfClosed time.Duration
	// LongPath is the least round trip over which a connection gets further streams; where it is 0, more than a local network's.
	LongPath time.Duration

	// Memory is how many bytes the flows of all attachments may take, half of it as such and half for the system's buffers. Where it
	// is 0 that is a quarter of the machine's, or DefaultMemory where the system does not say.
	Memory uint64
	// Buffer is how many bytes of one direction of a flow are held beyond what is in flight; network.DefaultBuffer where it is 0.
	Buffer int

	// Log, Clock, Network and System are the machine's own where they are nil.
	Log     *slog.Logger
	Clock   machine.Clock
	Network machine.Network
	System  machine.System

	// way leads to a service provider: through the tunnel to its gateways.
	way func(*identity.Directory) way
	// calibrate measures the processor: calibrate.Run.
	calibrate func(context.Context, calibrate.Options) (engine.Calibration, error)
	// erase waits until no copy is left of keys that were dropped: secret.Erase, which collects at most once a second.
	erase func(context.Context) error
	// descriptors is how many files the process may have open: machine.Descriptors.
	descriptors func() uint64
}

// DefaultListen is the address of the data port where none is given: all addresses, port 6171.
const DefaultListen = ":6171"

const (
	// DefaultSilence and DefaultHalfClosed are those of package pump.
	DefaultSilence    = pump.DefaultSilence
	DefaultHalfClosed = pump.DefaultHalfClosed
	// LeastSilence is the least that either may be set to: less would take a lost packet for a dead peer.
	LeastSilence = 5 * time.Second
)

const (
	// DefaultMemory is for machines that do not say how much memory they have.
	DefaultMemory = 512 << 20
	// LeastMemory is the least that can be set.
	LeastMemory = 16 << 20
	// DefaultBuffer, LeastBuffer and MostBuffer bound Config.Buffer.
	DefaultBuffer = network.DefaultBuffer
	LeastBuffer   = network.LeastBuffer
	MostBuffer    = 1 << 30
)

const statusFile = "status.json"

// StatusFile is where a component with that data folder writes its status.
func StatusFile(folder string) string { return filepath.Join(folder, statusFile) }

// complete fills in what was left out and checks the rest.
func (c *Config) complete() error {
	c.Listen = cmp.Or(c.Listen, DefaultListen)
	c.Memory = cmp.Or(c.Memory, machine.Memory()/4, DefaultMemory)
	c.Buffer = cmp.Or(c.Buffer, DefaultBuffer)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = machine.SystemClock{}
	}
	if c.Network == nil {
		c.Network = &machine.SystemNetwork{}
	}
	if c.way == nil {
		c.way = func(directory *identity.Directory) way { return newTunnelWay(directory, c.Clock, c.Network) }
	}
	if c.calibrate == nil {
		c.calibrate = calibrate.Run
	}
	if c.descriptors == nil {
		c.descriptors = machine.Descriptors
	}
	if c.erase == nil {
		c.erase = secret.Erase
	}
	if c.System == nil {
		c.System = machine.ThisMachine{}
	}
	if len(c.Interfaces) > engine.MaximumAddresses || len(c.Advertise) > machine.MaximumEndpoints {
		return fmt.Errorf("at most %d interfaces and %d advertised addresses can be given", engine.MaximumAddresses, machine.MaximumEndpoints)
	}
	for _, address := range c.Interfaces {
		if !address.IsValid() || address.IsUnspecified() {
			return errors.New("an interface given by hand is no address")
		}
	}
	for _, endpoint := range c.Advertise {
		if !endpoint.IsValid() || endpoint.Port() == 0 || endpoint.Addr().IsUnspecified() {
			return fmt.Errorf("%v cannot be advertised: others could not dial it", endpoint)
		}
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("the data port's address %q is not ADDR:PORT", machine.Shorten(c.Listen))
	}
	if c.Attachments == nil {
		var err error
		if c.Attachments, err = identity.Directories(machine.AttachmentsFolder(c.Folder)); err != nil {
			return err
		}
	}
	if len(c.Attachments) == 0 {
		return fmt.Errorf("%w (looked in %s)", identity.ErrNotJoined, machine.AttachmentsFolder(c.Folder))
	}
	return nil
}
