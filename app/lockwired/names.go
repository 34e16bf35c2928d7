package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

func namesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "names", Short: "What the names in rules stand for",
		Long: "What component:, tag:, role: and host: in rules stand for now. DNS is asked for hosts every 60 s; the last answer stands until\n" +
			"another comes, and in a rule that encrypts every answer of the last 24 hours counts."}
	cmd.AddCommand(namesList())
	return cmd
}

func namesList() *cobra.Command {
	return addJSON(&cobra.Command{Use: "list [NAME…]", Short: "List the names in rules with the addresses that they stand for, and since when",
		Example: "  lockwired names list\n  lockwired names list host:nas.example role:repository",
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			var question engine.NamesQuestion
			for _, argument := range arguments {
				name, err := engine.ParseSelector(argument)
				if err != nil || !name.Named() {
					return host.Usage(fmt.Errorf("%q is not component:NAME, tag:NAME, role:ROLE or host:NAME", argument))
				}
				question.Names = append(question.Names, name)
			}
			names, err := a.Names(cmd.Context(), question)
			if err != nil {
				return err
			}
			now := time.Now()
			return list(cmd, names, "NAME|ADDRESSES|ALSO IN THE LAST 24 H|SINCE|RULES|TROUBLE", func(n engine.NameStatus) []any {
				return []any{n.Name, n.AddressesInWords(), n.LatelyInWords(), n.AgeInWords(now), strings.Join(n.Rules, ", "), n.TroubleInWords(now)}
			})
		})})
}
