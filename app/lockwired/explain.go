package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/exchange"
	"lockwire/engine/policy"
)

// explainFlags are the question on the command line.
type explainFlags struct {
	rules, source, target, sourceRole, targetRole, operation, at, names string
	settings                                                            []string
	sameHost, week, whyNot                                              bool
	liveSessions                                                        int
}

func explainCommand() *cobra.Command {
	var flags explainFlags
	cmd := addJSON(&cobra.Command{Use: "explain --source ADDR[,ADDR…] --target ADDR[,ADDR…] [--rules FILE | --data DIR]",
		Short: "Say what the rules decide for two ends, and why",
		Long: "Say what the rules decide for two ends, and why, in words that can go into a ticket, or in JSON.\n" +
			"Data flows from the source to the target for a backup, and back for a restore. With --rules the rule set comes from a file\n" +
			"(any that rules import reads); otherwise from the installation, and then the ends may be names of components too.",
		Example: `  lockwired explain --rules rules.json --source 192.168.0.7 --target 172.16.0.31,203.0.113.9
  lockwired explain --source fileserver --target vault --operation restore --at 2026-05-01T22:30:00+02:00
  lockwired explain --source fileserver --target vault --why-not`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags.week {
				return flags.printWeek(cmd)
			}
			decision, err := flags.decide(cmd)
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), explained(decision))
			}
			fmt.Fprintln(cmd.OutOrStdout(), policy.Text(decision))
			return nil
		}})
	f := cmd.Flags()
	f.StringVar(&flags.rules, "rules", "", "file with the rule set, - for standard input")
	f.StringVar(&flags.source, "source", "", "all addresses of the source, or the name of a component")
	f.StringVar(&flags.target, "target", "", "all addresses of the target, or the name of a component")
	f.StringVar(&flags.sourceRole, "source-role", "", fmt.Sprintf("one of %v", engine.Roles))
	f.StringVar(&flags.targetRole, "target-role", "", "the same")
	f.BoolVar(&flags.sameHost, "same-host", false, "both ends are one machine")
	f.StringVar(&flags.operation, "operation", string(engine.Backup), "backup or restore")
	f.StringVar(&flags.at, "at", "", "moment in RFC 3339 (default: now)")
	f.IntVar(&flags.liveSessions, "live-sessions", 1, "live sessions that share the limit, this one included")
	f.StringArrayVar(&flags.settings, "setting", nil, "NAME=VALUE instead of the set value; repeat it for more")
	f.StringVar(&flags.names, "names", "", `file with what names stand for: {"component:a": ["10.0.0.1"], "tag:t": […], "role:proxy": […], "host:b": []}`)
	f.BoolVar(&flags.week, "week", false, "the limits at each hour of the week instead, from the installation")
	f.BoolVar(&flags.whyNot, "why-not", false, "also say of every rule that did not decide why")
	cmd.MarkFlagRequired("source")
	cmd.MarkFlagRequired("target")
	return cmd
}

// explained is the decision as `explain --json` prints it.
func explained(d engine.Decision) any {
	return struct {
		Encrypt  bool                    `json:"encrypt"`
		By       engine.By               `json:"by"`
		Rules    []string                `json:"rules"`
		Throttle *engine.AppliedThrottle `json:"throttle"`
		Steps    []engine.Step           `json:"steps"`
		WhyNot   *engine.WhyNot          `json:"whyNot,omitempty"`
	}{d.Mode == engine.Sealed, d.By, d.Rules, d.Throttle, d.Steps, d.WhyNot}
}

func (f *explainFlags) decide(cmd *cobra.Command) (engine.Decision, error) {
	question, err := f.question()
	if err != nil {
		return engine.Decision{}, host.Usage(err)
	}
	if f.rules == "" {
		return f.decideFromInstallation(cmd, question)
	}
	if cmd.Flags().Changed("data") {
		return engine.Decision{}, host.Usage(errors.New("give either --rules or --data"))
	}
	file, err := openInput(cmd, f.rules)
	if err != nil {
		return engine.Decision{}, host.Usage(err)
	}
	defer file.Close()
	rules, report, err := exchange.DecodeAny(file)
	if err != nil {
		return engine.Decision{}, host.Usage(fmt.Errorf("%s: %w", f.rules, err))
	}
	for _, note := range report {
		fmt.Fprintln(cmd.ErrOrStderr(), "note:", note)
	}
	names, err := f.readNames(cmd)
	if err != nil {
		return engine.Decision{}, host.Usage(err)
	}
	decision, err := administration.ExplainFile(rules, names, question)
	if err != nil {
		return engine.Decision{}, host.Usage(err)
	}
	return decision, nil
}

func (f *explainFlags) decideFromInstallation(cmd *cobra.Command, question engine.Question) (engine.Decision, error) {
	return askInstallation(cmd, f, func(a engine.Administration) (engine.Decision, error) { return a.Explain(cmd.Context(), question) })
}

// askInstallation asks the installation. A component or setting that is not there is a wrong question.
func askInstallation[Answer any](cmd *cobra.Command, f *explainFlags, ask func(engine.Administration) (Answer, error)) (answer Answer, err error) {
	if f.names != "" {
		return answer, host.Usage(errors.New("--names goes with --rules; an installation knows its own names"))
	}
	a, closing, err := reach(cmd)
	if errors.Is(err, server.ErrNoInstallation) {
		return answer, host.Usage(err)
	}
	if err != nil {
		return answer, err
	}
	defer closing()
	answer, err = ask(a)
	var field *engine.FieldError
	if errors.As(err, &field) || errors.Is(err, engine.ErrNotFound) {
		return answer, host.Usage(err)
	}
	return answer, err
}

func (f *explainFlags) question() (engine.Question, error) {
	question := engine.Question{SameHost: f.sameHost, LiveSessions: f.liveSessions, Operation: engine.Operation(f.operation), At: time.Now(), WhyNot: f.whyNot}
	field := func(name string, err error) error { return &engine.FieldError{Field: name, Err: err} }
	if f.operation != string(engine.Backup) && f.operation != string(engine.Restore) {
		return question, field("--operation", errors.New("use backup or restore"))
	}
	if f.liveSessions < 1 {
		return question, field("--live-sessions", errors.New("at least 1: this session counts"))
	}
	if f.at != "" {
		moment, err := parseInstant(f.at)
		if err != nil {
			return question, field("--at", err)
		}
		question.At = moment
	}
	for _, setting := range f.settings {
		name, value, found := strings.Cut(setting, "=")
		if !found {
			return question, field("--setting", fmt.Errorf("%q: write NAME=VALUE", setting))
		}
		question.Settings = append(question.Settings, engine.SettingChange{Name: name, Value: value})
	}
	var err error
	if question.Source, err = f.end(f.source); err != nil {
		return question, field("--source", err)
	}
	if question.Target, err = f.end(f.target); err != nil {
		return question, field("--target", err)
	}
	if question.Source.Role, err = parseRole(f.sourceRole); err != nil {
		return question, field("--source-role", err)
	}
	if question.Target.Role, err = parseRole(f.targetRole); err != nil {
		return question, field("--target-role", err)
	}
	return question, nil
}

// parseRole reads a role; an empty text is no role.
func parseRole(text string) (engine.Role, error) {
	if text == "" {
		return "", nil
	}
	return engine.ParseRole(text)
}

// end reads one end: addresses, or where an installation is asked the name of a component.
func (f *explainFlags) end(text string) (engine.QuestionParty, error) {
	end := engine.QuestionParty{}
	addresses, err := engine.ParseAddresses(text)
	if err != nil {
		if f.rules != "" || text == "" {
			return end, err
		}
		end.Component = strings.TrimPrefix(text, "component:")
		return end, nil
	}
	for _, address := range addresses {
		end.Addresses = append(end.Addresses, engine.Address{Address: address})
	}
	return end, nil
}

// maximumNamesFile bounds the file of --names.
const maximumNamesFile = 16 << 20

// readNames reads what names stand for.
func (f *explainFlags) readNames(cmd *cobra.Command) (engine.Names, error) {
	names := engine.Names{Components: map[string][]netip.Addr{}, Tags: map[string][]netip.Addr{}, Roles: map[engine.Role][]netip.Addr{}, Hosts: map[string]engine.HostAnswer{}}
	if f.names == "" {
		return names, nil
	}
	file, err := openInput(cmd, f.names)
	if err != nil {
		return names, err
	}
	defer file.Close()
	text, err := engine.ReadText(file, maximumNamesFile)
	if err != nil {
		return names, fmt.Errorf("--names %s: %w", f.names, err)
	}
	var entries map[string][]string
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&entries); err != nil {
		return names, fmt.Errorf("--names %s: %w", f.names, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return names, fmt.Errorf("--names %s: there is more than one document in it", f.names)
	}
	for key, texts := range entries {
		selector, err := engine.ParseSelector(key)
		if err != nil || !selector.Named() {
			return names, fmt.Errorf("--names %s: %q is not component:NAME, tag:NAME, role:ROLE or host:NAME", f.names, key)
		}
		addresses := []netip.Addr{}
		for _, text := range texts {
			address, err := engine.ParseAddress(text)
			if err != nil {
				return names, fmt.Errorf("--names %s: %s: %w", f.names, key, err)
			}
			addresses = append(addresses, address)
		}
		switch selector.Kind {
		case engine.SelectComponent:
			names.Components[selector.Name] = addresses
		case engine.SelectTag:
			names.Tags[selector.Name] = addresses
		case engine.SelectRole:
			names.Roles[engine.Role(selector.Name)] = addresses
		case engine.SelectHost:
			names.Hosts[selector.Name] = engine.HostAnswer{Now: addresses, Lately: addresses}
		}
	}
	return names, nil
}
