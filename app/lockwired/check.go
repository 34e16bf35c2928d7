package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

// Exit codes of the check, those of monitoring plug-ins.
const (
	checkOK = iota
	checkWarning
	checkCritical
	checkUnknown
)

// checkWords are the codes' words, as monitoring knows them.
var checkWords = [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}

// checkEnd ends the check with an exit code of its own. Err says why nothing is known; nil where the findings say it all.
type checkEnd struct {
	code int
	err  error
}

// Error is empty where standard output has said everything.
func (e *checkEnd) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

// Unwrap gives why nothing is known.
func (e *checkEnd) Unwrap() error { return e.err }

func unknown(err error) error { return &checkEnd{checkUnknown, err} }

func checkCommand() *cobra.Command {
	var options struct {
		all, explain bool
		timeout      time.Duration
	}
	cmd := addJSON(&cobra.Command{Use: "check", Short: "Check the whole before it fails: rules, routes, certificates, clocks, disk; for monitoring, too",
		Long: "Look at everything that could be wrong, and say of each finding how bad it is and what mends it: rules that do nothing, names that stand for\n" +
			"nothing, routes that would be plain on a public address, open legs, backends that listen beyond loopback (each target reads its own table of\n" +
			"sockets; nobody connects), trusted links, certificates, clocks, versions, quotas, the disk. What status says is part of it.\n\n" +
			"The first line and the exit code are those of a monitoring plug-in: 0 OK, or advice only; 1 WARNING; 2 CRITICAL; 3 UNKNOWN, because no broker\n" +
			"could be asked or the command line is wrong.",
		Args: func(cmd *cobra.Command, arguments []string) error {
			if len(arguments) > 0 {
				return unknown(host.Usage(fmt.Errorf("%q is no option of check", arguments[0])))
			}
			return nil
		}})
	check := withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
		situation, err := engine.SituationOf(cmd.Context(), a, engine.CheckQuestion{Backends: true})
		if err != nil {
			return err
		}
		findings := situation.Findings()
		engine.BySeverity(findings)
		if asJSON(cmd) {
			err = printJSON(cmd.OutOrStdout(), checkReportOf(findings))
		} else {
			err = printCheck(cmd.OutOrStdout(), findings, options.all, options.explain)
		}
		if err != nil {
			return err
		}
		if code := checkCode(findings); code != checkOK {
			return &checkEnd{code: code}
		}
		return nil
	})
	cmd.RunE = func(cmd *cobra.Command, arguments []string) error {
		ctx, cancel := context.WithTimeout(cmd.Context(), options.timeout)
		defer cancel()
		cmd.SetContext(ctx) // reaching the broker counts, too
		err := check(cmd, arguments)
		if end, ended := err.(*checkEnd); err == nil || ended && end.err == nil {
			return err
		}
		if !asJSON(cmd) { // what reads JSON has the exit code, and the reason on standard error
			fmt.Fprintf(cmd.OutOrStdout(), "LOCKWIRE %s - %s\n", checkWords[checkUnknown], engine.Printable(err.Error()))
		}
		return unknown(err)
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return unknown(host.Usage(err)) })
	cmd.Flags().BoolVar(&options.all, "all", false, "list each finding, also where many are alike")
	cmd.Flags().BoolVar(&options.explain, "explain", false, "say of each finding what it means and what to do")
	cmd.Flags().DurationVar(&options.timeout, "timeout", 30*time.Second, "how long the check may take before it is UNKNOWN")
	return cmd
}

// checkCode is the exit code for findings that are sorted by their severity. Advice is none.
func checkCode(findings []engine.Finding) int {
	if len(findings) == 0 {
		return checkOK
	}
	switch findings[0].Severity {
	case engine.Critical:
		return checkCritical
	case engine.Warning:
		return checkWarning
	}
	return checkOK
}

// checkReport is a check in JSON.
type checkReport struct {
	// State is OK, WARNING or CRITICAL.
	State    string                  `json:"state"`
	Counts   map[engine.Severity]int `json:"counts"`
	Findings []checkedFinding        `json:"findings"`
}

// checkedFinding is a finding with what it means and what to do.
type checkedFinding struct {
	engine.Finding
	Means string `json:"means"`
	Fix   string `json:"fix"`
}

func checkReportOf(findings []engine.Finding) checkReport {
	report := checkReport{State: checkWords[checkCode(findings)], Counts: map[engine.Severity]int{}, Findings: []checkedFinding{}}
	for _, severity := range engine.Severities {
		report.Counts[severity] = 0
	}
	for i := range findings {
		report.Counts[findings[i].Severity]++
		report.Findings = append(report.Findings, checkedFinding{findings[i], findings[i].Means(), findings[i].Fix()})
	}
	return report
}

// printCheck prints the line for monitoring, with the counts as its figures, and then the findings.
func printCheck(out io.Writer, findings []engine.Finding, all, explain bool) error {
	report := checkReportOf(findings)
	var figures []string
	for _, severity := range engine.Severities {
		figures = append(figures, fmt.Sprintf("%s=%d", severity, report.Counts[severity]))
	}
	fmt.Fprintf(out, "LOCKWIRE %s - %s | %s\n", report.State, engine.CountSeverities(findings), strings.Join(figures, " "))
	groups := engine.GroupFindings(findings)
	if all {
		groups = groups[:0]
		for i := range findings {
			groups = append(groups, engine.FindingGroup{Kind: findings[i].Kind, Text: findings[i].Text, Findings: findings[i : i+1]})
		}
	}
	if len(groups) == 0 {
		return nil
	}
	fmt.Fprintln(out)
	if !explain {
		return table(out, groups, "SEVERITY|FINDING|COMMAND", func(g engine.FindingGroup) []any {
			return []any{g.Findings[0].Severity, g.Text, commandOf(&g)}
		})
	}
	for i := range groups {
		first := &groups[i].Findings[0]
		fmt.Fprintf(out, "%s: %s\n    means: %s\n    do:    %s\n", first.Severity, engine.Printable(groups[i].Text), first.Means(), engine.Printable(first.Fix()))
		if command := commandOf(&groups[i]); command != "" {
			fmt.Fprintf(out, "    run:   %s\n", engine.Printable(command))
		}
	}
	return nil
}

// commandOf is the command that mends a finding, or lists those of a group.
func commandOf(g *engine.FindingGroup) string {
	if len(g.Findings) > 1 {
		return "lockwired check --all"
	}
	return g.Findings[0].Command
}
