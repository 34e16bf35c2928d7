package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

func alarmsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "alarms", Short: "Tell a syslog server or a webhook what newly needs attention",
		Long: "Alarms go out when something newly needs attention: encryption was switched off for a pair, a session is plain on a public address or was\n" +
			"refused, a component is gone, something is about to end. Many of a kind at once are one alarm with their count. Kinds shows which kinds\n" +
			"there are and which are on. An alarm holds names, addresses and reasons, and never a secret.\n\n" +
			"Alarms that cannot be sent are tried again with growing pauses. They wait in the broker's memory, 256 for each receiver; what still\n" +
			"needs attention when the broker starts again is told once more."}
	cmd.AddCommand(alarmsShow(), alarmsKinds(), alarmsSwitch("on", true), alarmsSwitch("off", false), alarmsSyslog(), alarmsWebhook(), alarmsTest())
	return cmd
}

func alarmsShow() *cobra.Command {
	return addJSON(&cobra.Command{Use: "show", Short: "Show where alarms go, and how the receivers fare", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			alarms, err := a.Alarms(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), alarms)
			}
			out := cmd.OutOrStdout()
			if !alarms.Settings.Any() {
				fmt.Fprintln(out, "Alarms go nowhere: no receiver is set up. See lockwired alarms --help")
				return nil
			}
			if err := table(out, receiversOf(&alarms), "RECEIVER|WHERE|SENT|WAITING|DROPPED|LAST SENT|PROBLEM", func(r alarmReceiverRow) []any {
				return []any{r.Receiver, r.where, r.Sent, r.Waiting, r.Dropped, local(r.LastSent), r.Problem}
			}); err != nil {
				return err
			}
			if alarms.Lost > 0 {
				fmt.Fprintf(out, "%s lost: more came at once than the broker keeps.\n", engine.CountInWords(int(alarms.Lost), "alarm was", "alarms were"))
			}
			return nil
		})})
}

// alarmReceiverRow is a receiver that is set up.
type alarmReceiverRow struct {
	engine.AlarmReceiverStatus
	where string
}

func receiversOf(alarms *engine.Alarms) []alarmReceiverRow {
	var rows []alarmReceiverRow
	for _, name := range engine.AlarmReceivers {
		if !alarms.Settings.Has(name) {
			continue
		}
		row := alarmReceiverRow{AlarmReceiverStatus: engine.AlarmReceiverStatus{Receiver: name}, where: alarms.Settings.Where(name)}
		for _, status := range alarms.Receivers {
			if status.Receiver == name {
				row.AlarmReceiverStatus = status
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// kindRow is a kind of finding and whether it becomes an alarm.
type kindRow struct {
	Kind     engine.FindingKind `json:"kind"`
	On       bool               `json:"on"`
	Severity engine.Severity    `json:"severity"`
	Means    string             `json:"means"`
}

func alarmsKinds() *cobra.Command {
	return addJSON(&cobra.Command{Use: "kinds", Short: "List the kinds of findings, and which become alarms", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			alarms, err := a.Alarms(cmd.Context())
			if err != nil {
				return err
			}
			var rows []kindRow
			for _, kind := range engine.FindingKinds() {
				rows = append(rows, kindRow{kind, alarms.Settings.Wants(kind), kind.Severity(), kind.Means()})
			}
			return list(cmd, rows, "KIND|ALARM|SEVERITY|WHAT IT MEANS", func(r kindRow) []any {
				return []any{r.Kind, map[bool]string{true: "on", false: "off"}[r.On], r.Severity, r.Means}
			})
		})})
}

// alarmsSwitch turns kinds on or off.
func alarmsSwitch(word string, on bool) *cobra.Command {
	return &cobra.Command{Use: word + " KIND…", Short: "Turn alarms of these kinds " + word + ", such as \"component lost\"", Args: cobra.MinimumNArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			return editAlarms(cmd, a, strings.Join(arguments, ", ")+": alarms are "+word, func(edit *engine.AlarmEdit) error {
				for _, argument := range arguments {
					kind, err := engine.ParseFindingKind(argument)
					if err != nil {
						return host.Usage(err)
					}
					edit.Settings.Switch(kind, on)
				}
				return nil
			})
		})}
}

// editAlarms changes the settings of alarms as they are now.
func editAlarms(cmd *cobra.Command, a engine.Administration, done string, change func(*engine.AlarmEdit) error) error {
	alarms, err := a.Alarms(cmd.Context())
	if err != nil {
		return err
	}
	edit := engine.AlarmEdit{Settings: alarms.Settings}
	if err := change(&edit); err != nil {
		return err
	}
	if _, err := a.PutAlarms(cmd.Context(), edit); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), done)
	return nil
}

// errOffAlone: a receiver is set up or taken away, not both.
var errOffAlone = errors.New("--off stands alone")

func alarmsSyslog() *cobra.Command {
	var transport, ca string
	var off bool
	cmd := &cobra.Command{Use: "syslog HOST:PORT | --off", Short: "Send alarms to a syslog server, or to none any more", Args: cobra.MaximumNArgs(1),
		Long: "Send alarms to a syslog server as RFC 5424 with structured data: over UDP, over TCP with octet counting, or over TLS. UDP says nothing of\n" +
			"what is lost, and neither UDP nor TCP keeps others from reading along.",
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			if off != (len(arguments) == 0) {
				return host.Usage(fmt.Errorf("write the server as HOST:PORT, or --off: %w", errOffAlone))
			}
			if off {
				return editAlarms(cmd, a, "no alarm goes to syslog any more", func(edit *engine.AlarmEdit) error { edit.Settings.Syslog = nil; return nil })
			}
			certificates, err := certificatesIn(ca)
			if err != nil {
				return err
			}
			return editAlarms(cmd, a, "alarms go to "+arguments[0]+"; try it with lockwired alarms test syslog", func(edit *engine.AlarmEdit) error {
				edit.Settings.Syslog = &engine.SyslogReceiver{Address: arguments[0], Transport: engine.SyslogTransport(transport), CA: certificates}
				return nil
			})
		})}
	cmd.Flags().StringVar(&transport, "transport", string(engine.SyslogUDP), "udp, tcp or tls")
	cmd.Flags().StringVar(&ca, "ca", "", "file with the certificates, in PEM, that the server's comes from (default: those of the broker's system)")
	cmd.Flags().BoolVar(&off, "off", false, "send nothing to syslog any more")
	return cmd
}

func alarmsWebhook() *cobra.Command {
	var file, ca string
	var off bool
	cmd := &cobra.Command{Use: "webhook URL | --off", Short: "Post alarms to a web server, or to none any more", Args: cobra.MaximumNArgs(1),
		Long: "Post alarms to a web server as JSON, signed with a key that both sides know: the header Lockwire-Signature holds v1= and the hexadecimal\n" +
			"HMAC-SHA-256 of the header Lockwire-Timestamp, a full stop and the body. Lockwire-Delivery is the same when an alarm is sent again.\n\n" +
			"It asks for the key unless a file is given; it is kept sealed with the key of the installation's authority, and never shown again. The\n" +
			"address is shown to every administrator. A redirect is not followed.",
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			if off != (len(arguments) == 0) {
				return host.Usage(fmt.Errorf("write the address, or --off: %w", errOffAlone))
			}
			if off {
				return editAlarms(cmd, a, "no alarm goes to a webhook any more", func(edit *engine.AlarmEdit) error { edit.Settings.Webhook = nil; return nil })
			}
			certificates, err := certificatesIn(ca)
			if err != nil {
				return err
			}
			key, err := secretInput(cmd, "Key of the webhook: ", "key", file)
			if err != nil {
				return err
			}
			defer clear(key)
			return editAlarms(cmd, a, "alarms go to the webhook; try it with lockwired alarms test webhook", func(edit *engine.AlarmEdit) error {
				edit.Settings.Webhook = &engine.WebhookReceiver{URL: arguments[0], CA: certificates}
				edit.Secrets.WebhookKey = string(key)
				return nil
			})
		})}
	cmd.Flags().StringVar(&file, "key-file", "", "file with the key, - for standard input (default: ask for it)")
	cmd.Flags().StringVar(&ca, "ca", "", "file with the certificates, in PEM, that the server's comes from (default: those of the broker's system)")
	cmd.Flags().BoolVar(&off, "off", false, "post nothing any more")
	return cmd
}

// certificatesIn reads a file of certificates; nothing where none is named. The engine checks what is in it.
func certificatesIn(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	file, err := os.Open(path)
	if err != nil {
		return "", host.Usage(err)
	}
	defer file.Close()
	text, err := engine.ReadText(file, engine.MaximumAlarmCA)
	if err != nil {
		return "", host.Usage(fmt.Errorf("%s: %w", path, err))
	}
	return string(text), nil
}

// errTestFailed: what is wrong was printed already.
var errTestFailed = errors.New("a test alarm did not arrive")

func alarmsTest() *cobra.Command {
	return addJSON(&cobra.Command{Use: "test [syslog|webhook]", Short: "Send a test alarm and say whether it was taken", Args: cobra.MaximumNArgs(1),
		Long: "Send a test alarm to one receiver, or to all, and say whether it was taken. Whether a syslog server took it over UDP, nothing tells.",
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			var receiver engine.AlarmReceiver
			if len(arguments) == 1 {
				receiver = engine.AlarmReceiver(arguments[0])
			}
			results, err := a.TestAlarms(cmd.Context(), receiver)
			if err != nil {
				return err
			}
			err = list(cmd, results, "RECEIVER|RESULT|TOOK", func(r engine.AlarmTestResult) []any {
				result := "sent"
				if r.Problem != "" {
					result = "failed: " + r.Problem
				}
				return []any{r.Receiver, result, r.Took.Round(time.Millisecond)}
			})
			for i := range results {
				if err == nil && results[i].Problem != "" {
					return errTestFailed
				}
			}
			return err
		})})
}
