package engine

import (
	"fmt"
	"net"
	"slices"
	"strconv"
)

// OfferedBackends are the backends HOST:PORT that an allow-list names one by one, each once. Networks and ranges of ports, which cover
// many, are left out.
func OfferedBackends(list []string) []string {
	var offered []string
	for _, entry := range list {
		rule, err := ParsePortRule(entry)
		if err != nil {
			continue
		}
		host := rule.name
		if rule.prefix.IsSingleIP() {
			host = rule.prefix.Addr().String()
		}
		for _, ports := range rule.ports {
			backend := net.JoinHostPort(host, strconv.Itoa(int(ports.first)))
			if host != "" && ports.first == ports.last && !slices.Contains(offered, backend) {
				offered = append(offered, backend)
			}
		}
	}
	return offered
}

// NotOffered says that a component does not let routes dial a backend, and what to do.
func NotOffered(component, backend string) string {
	return fmt.Sprintf("%s does not offer %s yet; run there: lockwire-agent allow-backend add %s", component, backend, backend)
}
