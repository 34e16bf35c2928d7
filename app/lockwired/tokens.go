package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

func componentsToken() *cobra.Command {
	request := engine.TokenRequest{Kind: engine.JoinComponent}
	var role, name string
	cmd := addJSON(&cobra.Command{Use: "token [NAME] --role ROLE [--uses N --name PATTERN --valid TIME]", Short: "Make a join token, for one machine or for several",
		Long: "Make a join token. It lets one machine join, within 15 minutes, under the name and role given here.\n" +
			"The token is shown once. On the machine run `lockwire-agent join`, which asks for it.\n\n" +
			"With --uses the token lets several machines in, for as long as --valid says (24h; at most 7 days). Each says its name\n" +
			"itself, with `lockwire-agent join --name NAME`, and that must match the pattern of --name, in which one * stands for\n" +
			"letters a-z, digits, -, . and _. Whoever reads such a token can join as a machine that does not exist yet, until it is\n" +
			"used up, has expired or is revoked: keep it where only the rollout reads it, and make it no larger than that needs.",
		Example: "  lockwired components token fileserver --role agent\n" +
			"  (umask 077; lockwired components token --uses 100 --name 'branch-*' --valid 24h --tag branch > token)\n" +
			"  lockwired components revoke-token 'branch-*'",
		Args: cobra.MaximumNArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			if len(arguments) == 1 && name != "" || len(arguments) == 0 && name == "" {
				return host.Usage(errors.New("say what the machine is called, or with --uses and --name what the machines are called"))
			}
			request.Name, request.Role = name, engine.Role(role)
			if len(arguments) == 1 {
				request.Name = arguments[0]
			}
			if cmd.Flags().Changed("uses") && request.Uses == 0 {
				return host.Usage(errors.New("--uses: a token lets at least one machine in"))
			}
			token, err := a.NewToken(cmd.Context(), request)
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), token)
			}
			// The token alone goes to standard output, so that it can be piped into the agent.
			fmt.Fprint(cmd.ErrOrStderr(), tokenWords(request, token))
			fmt.Fprintln(cmd.OutOrStdout(), token.Secret)
			return nil
		})})
	flags := cmd.Flags()
	flags.StringVar(&role, "role", string(engine.Agent), fmt.Sprintf("one of %v", engine.Roles))
	flags.StringSliceVar(&request.Tags, "tag", nil, "tags of the component")
	flags.IntVar(&request.Uses, "uses", 0, fmt.Sprintf("how many machines the token lets in, at most %d (default: one, called NAME)", engine.MaximumTokenUses))
	flags.StringVar(&name, "name", "", "what several machines are called, with one *, such as 'branch-*'")
	flags.DurationVar(&request.Valid, "valid", 0, "how long a token for several machines counts, such as 2h (default 24h, at most 168h)")
	flags.StringSliceVar(&request.Addresses, "broker-address", nil, "where the machine reaches the broker, HOST:PORT (default: what the broker knows of itself)")
	return cmd
}

// tokenWords say what to do with a token, and what it is worth to somebody else.
func tokenWords(request engine.TokenRequest, token engine.Token) string {
	if request.Uses == 0 {
		return fmt.Sprintf("On the machine run, within 15 minutes (until %s):\n\n  sudo lockwire-agent join --service\n\nand give it this token:\n\n", local(token.Expires))
	}
	return fmt.Sprintf("Whoever reads this token can join as any of %s that does not exist yet, until %s join or %s.\n"+
		"To take it back: lockwired components revoke-token %s\n\nOn each machine run, with the token in a file that only root reads:\n\n"+
		"  lockwire-agent join --service --name NAME --token-file FILE\n\n",
		request.Name, engine.CountInWords(request.Uses, "machine has", "machines have")+" used it to", local(token.Expires), token.ID)
}

// tokensCommand lists tokens of a kind.
func tokensCommand(kind engine.JoinKind) *cobra.Command {
	return addJSON(&cobra.Command{Use: "tokens", Short: "List the join tokens of the last day, without their secrets", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			tokens, err := tokensOf(cmd, a, kind)
			if err != nil {
				return err
			}
			now := time.Now()
			return list(cmd, tokens, "ID|NAME|ROLE|TAGS|STATE|USED|MADE|UNTIL", func(t engine.TokenStatus) []any {
				return []any{t.ID, t.Name, string(t.Role) + string(t.Administrator), strings.Join(t.Tags, ", "), t.State(now), fmt.Sprintf("%d of %d", t.Taken, max(1, t.Uses)), local(t.Made), local(t.Expires)}
			})
		})})
}

// revokeTokenCommand takes tokens of a kind back.
func revokeTokenCommand(kind engine.JoinKind) *cobra.Command {
	return &cobra.Command{Use: "revoke-token ID|NAME", Short: "Have a join token let nobody in any more; who joined with it stays", Args: cobra.ExactArgs(1),
		Long: "Have a join token let nobody in any more, by its id or by the name or pattern that it was made for; all open tokens of that name.\n" +
			"Who joined with it stays: see the command revoke.",
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			tokens, err := tokensOf(cmd, a, kind)
			if err != nil {
				return err
			}
			revoked, now := 0, time.Now()
			for _, token := range tokens {
				if string(token.ID) != arguments[0] && !(engine.SameName(token.Name, arguments[0]) && token.Open(now)) {
					continue
				}
				if err := a.RevokeToken(cmd.Context(), token.ID); err != nil {
					return err
				}
				revoked++
				fmt.Fprintf(cmd.OutOrStdout(), "revoked the token for %s, %s had used it\n", token.Name, engine.CountInWords(token.Taken, "machine", "machines"))
			}
			if revoked == 0 {
				return fmt.Errorf("open join token %q: %w", arguments[0], engine.ErrNotFound)
			}
			return nil
		})}
}

func tokensOf(cmd *cobra.Command, a engine.Administration, kind engine.JoinKind) ([]engine.TokenStatus, error) {
	tokens, err := a.Tokens(cmd.Context())
	of := tokens[:0:0]
	for _, token := range tokens {
		if token.Kind == kind {
			of = append(of, token)
		}
	}
	return of, err
}
