package component

import "net"

// door is the data port. Where an attachment's role is provider-gateway it is the port of tenants' tunnels, and no channel is taken there: a
// gateway is no end of a session.
type door struct {
	net.Listener
	attachments []*attachment
}

// Accept gives the next connection that may be a channel.
func (d *door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tunnels := d.tunnels()
		if tunnels == nil {
			return conn, nil
		}
		tunnels.gateway.Take(conn)
	}
}

// tunnels gives the first attachment that serves tunnels, nil where none does.
func (d *door) tunnels() *attachment {
	for _, a := range d.attachments {
		if a.gateway.Serves() {
			return a
		}
	}
	return nil
}
