package routes

import (
	"net"
	"net/netip"
	"strings"

	"lockwire/engine"
)

// routePreset has the usual ports of a backup tool; it fills the fields of a new route.
type routePreset struct {
	id, title, about string
	backend, listen  string // ports; a listen port below 1024 would need a right that agents do not have
	flow             engine.Direction
	// change is what to change in the tool; {listen} is the listen address as ADDR:PORT, {address} and {port} its two parts.
	change string
	note   string
}

var routePresets = []routePreset{
	{
		id: "restic", title: "restic REST server", about: "restic backs up to rest-server on the target", backend: "8000", listen: "8000", flow: engine.Push,
		change: "RESTIC_REPOSITORY=rest:http://{listen}/",
		note:   "The same for restic -r. A path or a user in the old address stays. http is right here: the tool speaks to its own machine.",
	},
	{
		id: "rsync", title: "rsync daemon", about: "rsync copies to or from an rsync daemon on the target", backend: "873", listen: "8730", flow: engine.Push,
		change: "rsync -a /data/ rsync://{listen}/MODULE/",
		note:   "The port stands in the address because agents listen on ports from 1024.",
	},
	{
		id: "postgresql", title: "PostgreSQL", about: "pg_basebackup on the source reads a server on the target", backend: "5432", listen: "5432", flow: engine.Pull,
		change: "pg_basebackup -h {address} -p {port} -D /backup/base -X stream",
		note:   "For psql, pg_dump and pg_receivewal the same -h and -p. Where the source has a server of its own on this port, choose another port to listen on.",
	},
	{
		id: "nbd", title: "NBD", about: "a network block device that the target exports", backend: "10809", listen: "10809", flow: engine.Push,
		change: "nbd-client {address} {port} /dev/nbd0",
		note:   "For qemu-img and qemu-nbd: nbd://{listen}. Choose pull as flow where the source reads a disk that the target exports.",
	},
	{
		id: "s3", title: "S3 or HTTP", about: "an object store or web server, such as MinIO, on the target", backend: "9000", listen: "9000", flow: engine.Push,
		change: "--endpoint-url http://{listen}",
		note:   "Tools that take a whole address: s3:http://{listen}/BUCKET. Use path-style addressing, so that the bucket does not become part of the host name.",
	},
	{
		id: "bareos", title: "Bareos storage daemon", about: "a Bareos file daemon writes to the storage daemon on the target", backend: "9103", listen: "9103", flow: engine.Push,
		change: "Address = {address}\nPort = {port}",
		note:   "In the director's Storage resource. The director connects to that address too: make its machine a source of the route as well.",
	},
	{
		id: "other", title: "Other", about: "any tool that connects to one TCP port", flow: engine.Push,
		change: "{listen}",
		note:   "Write this address into the tool in place of the backend's own.",
	},
}

// presetFor guesses a route's preset by the port of its backend; Other if none fits.
func presetFor(backend string) *routePreset {
	_, port, err := net.SplitHostPort(backend)
	for i := range routePresets {
		if p := &routePresets[i]; err == nil && p.backend == port {
			return p
		}
	}
	return &routePresets[len(routePresets)-1]
}

// toolChange is the exact line to change in the tool, and a note about it.
func (p *routePreset) toolChange(listen string) (change, note string) {
	address, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", ""
	}
	// The tool runs on the source, and reaches a listener on all addresses over loopback.
	if ip, err := netip.ParseAddr(address); err == nil && ip.IsUnspecified() {
		address = "127.0.0.1"
		if ip.Is6() {
			address = "::1"
		}
		listen = net.JoinHostPort(address, port)
	}
	replace := strings.NewReplacer("{listen}", listen, "{address}", address, "{port}", port)
	return replace.Replace(p.change), replace.Replace(p.note)
}

// listenOn is a listen address on loopback with a port; empty where there is no port.
func listenOn(port string) string {
	if port == "" {
		return ""
	}
	return net.JoinHostPort("127.0.0.1", port)
}
