package model

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"lockwire/engine"
)

// The default ports of broker and agent.
const (
	BrokerPort = "6170"
	DataPort   = "6171"
)

// JoinCommand is the line to run on a machine that is to join. The token is not part of it: every user of the machine can read
// the command lines of its processes.
func JoinCommand(windows bool, backends []string) string {
	words := []string{agentProgram(windows), "join", "--service"}
	for _, backend := range backends {
		words = append(words, "--allow-backend", quoteWord(windows, backend))
	}
	return strings.Join(words, " ")
}

// RolloutCommand is the line to run on each of several machines, which say their names themselves. The token is in a file there.
func RolloutCommand(windows bool, backends []string) string {
	name, file := `"$(hostname)"`, "/run/lockwire-token"
	if windows {
		name, file = `"%COMPUTERNAME%"`, "lockwire-token.txt"
	}
	return JoinCommand(windows, backends) + " --name " + name + " --token-file " + file
}

// AllowBackendCommand is the line to run on a machine that is to let routes dial a backend.
func AllowBackendCommand(windows bool, backend string) string {
	return agentProgram(windows) + " allow-backend add " + quoteWord(windows, backend)
}

// agentProgram begins a line that runs the agent as an administrator of its machine.
func agentProgram(windows bool) string {
	if windows {
		return "lockwire-agent.exe"
	}
	return "sudo lockwire-agent"
}

// quoteWord keeps a shell from taking parts of a backend, such as brackets, for something else. Backends have no quotes in them.
func quoteWord(windows bool, text string) string {
	if !strings.ContainsAny(text, "[],") {
		return text
	}
	if windows {
		return `"` + text + `"`
	}
	return "'" + text + "'"
}

// ParseBackends reads what a component is to offer: HOST:PORT or CIDR:PORTS, one a line.
func ParseBackends(text string) ([]string, error) {
	var backends []string
	for entry := range strings.FieldsSeq(text) {
		if err := checkBackend(entry); err != nil {
			return nil, err
		}
		backends = append(backends, entry)
	}
	return backends, nil
}

// checkBackend checks an entry with the engine's own checks of its parts. The agent checks it again when it joins.
func checkBackend(entry string) error {
	at := strings.LastIndexByte(entry, ':')
	if at <= 0 || at == len(entry)-1 {
		return fmt.Errorf("%q names no port; write HOST:PORT such as 127.0.0.1:8000, or NETWORK:PORTS such as 10.0.0.0/8:5432-5440", entry)
	}
	host, ports := entry[:at], entry[at+1:]
	for part := range strings.SplitSeq(ports, ",") {
		for port := range strings.SplitSeq(part, "-") {
			if err := engine.CheckHostPort("host:" + port); err != nil {
				return err
			}
		}
		if strings.Count(part, "-") > 1 {
			return fmt.Errorf("%q: a range of ports is FIRST-LAST, such as 5432-5440", entry)
		}
	}
	if !strings.Contains(host, "/") {
		return engine.CheckHostPort(host + ":1")
	}
	network := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if selector, err := engine.ParseSelector(network); err != nil || selector.Kind != engine.SelectNetwork {
		return fmt.Errorf("%q: %q is not a network; write one such as 10.0.0.0/8", entry, network)
	}
	return nil
}

// ParseTags reads tags with commas or blanks between them.
func ParseTags(text string) ([]string, error) {
	tags := splitWords(text)
	for i, tag := range tags {
		if err := engine.CheckTag(tag); err != nil {
			return nil, err
		}
		for _, other := range tags[:i] {
			if other == tag {
				return nil, fmt.Errorf("the tag %s is there twice", tag)
			}
		}
	}
	if len(tags) > engine.MaximumTags {
		return nil, fmt.Errorf("at most %d tags", engine.MaximumTags)
	}
	return tags, nil
}

// ParseBrokers reads where a machine reaches the broker: HOST:PORT with commas or blanks between them.
func ParseBrokers(text string) ([]string, error) {
	brokers := splitWords(text)
	if len(brokers) == 0 {
		return nil, errors.New("say where the machine reaches the broker, such as broker.example.org:" + BrokerPort)
	}
	for _, broker := range brokers {
		if err := engine.CheckHostPort(broker); err != nil {
			return nil, err
		}
	}
	return brokers, nil
}

func splitWords(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

// DataPortOf names the port at which a component takes channels, as its agent reports. Where it has reported none, that is the usual one or
// another that it was given.
func DataPortOf(c *engine.ComponentStatus) string {
	if c == nil || len(c.Report.Endpoints) == 0 {
		return "TCP port " + DataPort + ", or the one that its agent was given with --listen,"
	}
	return "TCP port " + strconv.Itoa(int(c.Report.Endpoints[0].Port()))
}
