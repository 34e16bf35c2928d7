//go:build linux

package hosts

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// capture is tcpdump on a host: on the router it sees every packet between two hosts, once as it comes in and once as it goes out.
type capture struct {
	n        *network
	file     string
	dump     *process
	from, to *host // between which a packet is captured
}

// startCapture returns when packets are being captured: a packet that was sent to find out is in the file.
func startCapture(t *testing.T, n *network) *capture {
	t.Helper()
	return startCaptureOn(t, n, n.router, n.source, n.target)
}

// startCaptureOn captures on another host, which packets between two hosts reach.
func startCaptureOn(t *testing.T, n *network, on, from, to *host) *capture {
	t.Helper()
	c := &capture{n: n, file: filepath.Join(newFolder(t, "capture"), on.name+".pcap"), from: from, to: to}
	c.dump = start(t, command{on: on, name: "tcpdump", arguments: []string{
		// Each packet whole, in the file at once, and room for bursts. -Z root: else it would not be allowed to write there.
		"tcpdump", "-Z", "root", "-i", "any", "-n", "-s", "262144", "-B", "131072", "-U", "-w", c.file,
	}})
	c.sendUntilSeen(t)
	return c
}

// sendUntilSeen sends packets with a word of their own until the capture has one of them. What was sent
// before is in the file then too, for the router forwards in order.
func (c *capture) sendUntilSeen(t *testing.T) {
	t.Helper()
	word := rand.Text()
	eventually(t, time.Minute, "a packet is captured", func() error {
		if c.dump.ended() {
			return hopeless("tcpdump has ended: %v", c.dump.err)
		}
		c.from.send(t, c.to.on(9), word)
		found, err := c.look(word)
		if err != nil {
			return err
		}
		if found.packets[word] == 0 {
			return errors.New("it is not in the file yet")
		}
		return nil
	})
}

// end stops the capture and looks for words in every packet.
func (c *capture) end(t *testing.T, words ...string) sighting {
	t.Helper()
	c.sendUntilSeen(t)
	if err := c.dump.signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	<-c.dump.done
	// A capture with holes would prove nothing.
	if dropped := regexp.MustCompile(`(?m)^(\d+) packets? dropped by kernel`).FindStringSubmatch(c.dump.log.String()); len(dropped) != 2 || dropped[1] != "0" {
		t.Fatalf("the capture has holes, or does not say: %s", c.dump.log)
	}
	found, err := c.look(words...)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(c.file); err != nil {
		t.Fatal(err)
	}
	return found
}

// sighting is what a capture has.
type sighting struct {
	packets map[string]int // how many packets hold each word
	// dataPort is how many bytes of TCP payload the router forwarded to or from data ports.
	dataPort uint64
	// unused is how many TCP packets came from or went to the address that nothing should use.
	unused int
	// spoken is what went each way over TCP.
	spoken map[conversation]*spoken
}

// conversation is one direction of a TCP connection.
type conversation struct{ from, to netip.AddrPort }

// spoken is what the packets of one direction carried.
type spoken struct {
	first []byte // the payload of the first packet that had any
	bytes uint64 // of payload; a packet that the router forwards counts twice
}

// Link types of the packets that tcpdump writes for the interface "any".
const (
	linkCooked1 = 113
	linkCooked2 = 276
	pcapMagic   = 0xa1b2c3d4
	dataPort    = 6171
	// maximumPacket is the longest packet that is believed: what tcpdump was told to keep.
	maximumPacket = 262144
)

// look reads the file as far as it is written.
func (c *capture) look(words ...string) (sighting, error) {
	found := sighting{packets: map[string]int{}, spoken: map[conversation]*spoken{}}
	file, err := os.Open(c.file)
	if err != nil {
		return found, err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 1<<20)
	var header [24]byte
	if _, err := io.ReadFull(in, header[:]); err != nil {
		return found, fmt.Errorf("the capture is empty: %w", err)
	}
	if binary.LittleEndian.Uint32(header[:]) != pcapMagic {
		return found, errors.New("the capture is not a little-endian pcap file")
	}
	skip := map[uint32]int{linkCooked1: 16, linkCooked2: 20}[binary.LittleEndian.Uint32(header[20:])]
	if skip == 0 {
		return found, fmt.Errorf("the capture has link type %d", binary.LittleEndian.Uint32(header[20:]))
	}
	packet := make([]byte, 0, maximumPacket)
	for {
		var about [16]byte
		if _, err := io.ReadFull(in, about[:]); err != nil {
			return found, ended(err)
		}
		kept, sent := binary.LittleEndian.Uint32(about[8:]), binary.LittleEndian.Uint32(about[12:])
		if kept > maximumPacket || kept != sent {
			return found, fmt.Errorf("a packet of %d bytes was kept as %d", sent, kept)
		}
		packet = packet[:kept]
		if _, err := io.ReadFull(in, packet); err != nil {
			return found, ended(err)
		}
		for _, word := range words {
			if bytes.Contains(packet, []byte(word)) {
				found.packets[word]++
			}
		}
		if len(packet) > skip {
			found.note(packet[skip:], outgoing(packet, skip), c.n.unused)
		}
	}
}

// ended takes the end of a file that is still being written for its end.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// outgoing tells whether the router sent the packet; its type stands at different places in the two link types.
func outgoing(packet []byte, skip int) bool {
	const sentByUs = 4
	if skip == 20 {
		return packet[10] == sentByUs
	}
	return binary.BigEndian.Uint16(packet) == sentByUs
}

// note counts an IP packet.
func (s *sighting) note(packet []byte, out bool, unused netip.Addr) {
	var from, to netip.Addr
	var segment []byte
	protocol := byte(0)
	switch packet[0] >> 4 {
	case 4:
		size := int(packet[0]&15) * 4
		if len(packet) < 20 || size < 20 || len(packet) < size {
			return
		}
		from, to = netip.AddrFrom4([4]byte(packet[12:16])), netip.AddrFrom4([4]byte(packet[16:20]))
		protocol, segment = packet[9], packet[size:]
	case 6:
		if len(packet) < 40 {
			return
		}
		from, to = netip.AddrFrom16([16]byte(packet[8:24])), netip.AddrFrom16([16]byte(packet[24:40]))
		protocol, segment = packet[6], packet[40:]
	default:
		return
	}
	const tcp = 6
	if protocol != tcp || len(segment) < 20 {
		return // neighbours look for each other; that is no use of an interface
	}
	if from == unused || to == unused {
		s.unused++
	}
	size := int(segment[12]>>4) * 4
	ports := binary.BigEndian.Uint32(segment)
	if len(segment) > size {
		way := conversation{netip.AddrPortFrom(from, uint16(ports>>16)), netip.AddrPortFrom(to, uint16(ports))}
		said := s.spoken[way]
		if said == nil {
			said = &spoken{first: bytes.Clone(segment[size:])}
			s.spoken[way] = said
		}
		said.bytes += uint64(len(segment) - size)
	}
	if out && len(segment) > size && (ports>>16 == dataPort || ports&0xffff == dataPort) {
		s.dataPort += uint64(len(segment) - size)
	}
}
