package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"lockwire/engine"
)

// proxmoxRule begins a rule in Proxmox Backup Server's traffic-control.cfg: its name stands on the same line.
const proxmoxRule = "traffic-control:"

// isProxmox tells that a text is such a file: its first line that is neither empty nor a comment begins a rule.
func isProxmox(text []byte) bool {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' {
			return bytes.HasPrefix(line, []byte(proxmoxRule))
		}
	}
	return false
}

// proxmox collects what is read of /etc/proxmox-backup/traffic-control.cfg.
//
// Its rules limit what the server exchanges with clients of some networks: rate-in is what the server receives, which are backups, rate-out
// what it sends. A rule becomes one rule of the same name, from these networks to any.
type proxmox struct {
	notes notes
	names names
	rules []engine.Rule
	hours bool // a rule has hours
}

// proxmoxSection is a rule as the file has it.
type proxmoxSection struct {
	index  int
	name   string
	single map[string]string // the properties that stand once
	// Those that may stand several times.
	networks, timeframes []string
}

// decodeProxmox reads the whole file. What a rule here has no place for stands in the report; a rule that cannot be read is refused with its
// name and field: *engine.FieldError.
func decodeProxmox(text []byte) (decoded, error) {
	p := proxmox{names: newNames("Proxmox")}
	sections, err := readProxmoxSections(text)
	if err != nil {
		return decoded{}, err
	}
	for _, section := range sections {
		if err := p.decodeRule(section); err != nil {
			return decoded{}, of(ofRule(section.name), err)
		}
	}
	p.noteOnce()
	set := engine.RuleSet{Rules: p.rules, PreferredNetworks: engine.PreferredNetworks{Mode: engine.PreferredOff, Networks: []netip.Prefix{}}}
	internetAdded := addInternet(&set, &p.notes)
	if err := set.Check(); err != nil {
		return decoded{}, err
	}
	return decoded{set, p.notes.report(), internetAdded, false, false}, nil
}

// readProxmoxSections splits the file into its rules: a line that begins one, then lines with a property and its value, indented.
func readProxmoxSections(text []byte) ([]*proxmoxSection, error) {
	var sections []*proxmoxSection
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, MaximumFileSize)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		switch name, begins := strings.CutPrefix(line, proxmoxRule); {
		case line == "" || line[0] == '#':
		case begins:
			if len(sections) == engine.MaximumRules-1 {
				return nil, fmt.Errorf("line %d: at most %d rules", number, engine.MaximumRules-1)
			}
			sections = append(sections, &proxmoxSection{index: len(sections), name: strings.TrimSpace(name), single: map[string]string{}})
		case len(sections) == 0:
			return nil, fmt.Errorf("line %d: %q stands before the first rule", number, short(line))
		default:
			section := sections[len(sections)-1]
			if err := section.add(line); err != nil {
				return nil, of(ofRule(section.name), err)
			}
		}
	}
	return sections, lines.Err()
}

// add takes a line with a property and its value.
func (s *proxmoxSection) add(line string) error {
	property, value, _ := strings.Cut(line, " ")
	value = strings.TrimSpace(value)
	switch property {
	case "network":
		s.networks = append(s.networks, strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' || r == ';' })...)
	case "timeframe":
		s.timeframes = append(s.timeframes, value)
	default:
		if _, twice := s.single[property]; twice {
			return at(short(property), errors.New("the property stands twice"))
		}
		s.single[property] = value
	}
	return nil
}

func (p *proxmox) decodeRule(section *proxmoxSection) error {
	rule := engine.Rule{Enabled: true, Name: p.names.choose(section.index, section.name, false, &p.notes), Target: []engine.Selector{engine.Any}}
	if len(section.networks) == 0 {
		return at("network", engine.ErrFieldNeeded)
	}
	for _, network := range section.networks {
		selector, err := engine.ParseSelector(network)
		if err != nil {
			return at("network", err)
		}
		rule.Source = append(rule.Source, selector)
	}
	comment, whole := shortenedComment(section.single["comment"])
	if !whole {
		p.notes.add(rule.Name, "comment", "cut at %d characters", engine.MaximumCommentLength)
	}
	rule.Comment = comment
	if err := p.decodeRates(&rule, section); err != nil {
		return err
	}
	if err := p.decodeTimeframes(&rule, section.timeframes); err != nil {
		return at("timeframe", err)
	}
	p.noteRest(rule.Name, section)
	p.rules = append(p.rules, rule)
	return nil
}

// shortenedComment gives a comment as a rule can have it, and tells whether that is all of it.
func shortenedComment(text string) (string, bool) {
	text = engine.Printable(text)
	comment := firstCharacters(text, engine.MaximumCommentLength)
	return comment, comment == text
}

// noteRest says which properties of a rule stay behind.
func (p *proxmox) noteRest(rule string, section *proxmoxSection) {
	for _, property := range slices.Sorted(maps.Keys(section.single)) {
		switch property {
		case "comment", "rate-in", "rate-out":
		case "burst-in", "burst-out":
			p.notes.add(rule, property, "not carried over: a limit has no burst of its own")
		case "users":
			p.notes.add(rule, property, "not carried over: the limit holds for all that the networks send, whoever sends it")
		default:
			p.notes.add(rule, short(property), "not known to Lockwire and not carried over")
		}
	}
}

// noteOnce says what holds for all rules alike.
func (p *proxmox) noteOnce() {
	if len(p.rules) == 0 {
		return
	}
	p.notes.add("", "network", "the file does not name the server, so each rule's target is any: put the server in its place (component:NAME)")
	if len(p.rules) > 1 {
		p.notes.add("", "network", "Proxmox takes the rule with the smallest network alone; here every rule that matches holds, and the lowest limit counts")
	}
	if p.hours {
		p.notes.add("", "timeframe", "the hours are read in the broker's time zone; the file does not tell that of the server")
	}
}
