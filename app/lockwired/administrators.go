package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lockwire/app/server"
	"lockwire/engine"
)

func administratorsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "administrators", Short: "People who reach the broker over the network"}
	cmd.AddCommand(administratorsList(), administratorsToken(), tokensCommand(engine.JoinAdministrator), revokeTokenCommand(engine.JoinAdministrator), administratorsRevoke(), administratorsEnrol())
	return cmd
}

func administratorsList() *cobra.Command {
	return addJSON(&cobra.Command{Use: "list", Short: "List the administrators", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			administrators, err := a.Administrators(cmd.Context())
			if err != nil {
				return err
			}
			return list(cmd, administrators, "NAME|ROLE|JOINED|CERTIFICATE UNTIL|REVOKED", func(a engine.Administrator) []any {
				return []any{a.Name, a.Role, local(a.Joined), local(a.CertificateExpires), local(a.Revoked)}
			})
		})})
}

func administratorsToken() *cobra.Command {
	request := engine.TokenRequest{Kind: engine.JoinAdministrator}
	var role string
	cmd := addJSON(&cobra.Command{Use: "token NAME --role view|change", Short: "Make a token, with which one person can enrol within 15 minutes", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			request.Name, request.Administrator = arguments[0], engine.AdministratorRole(role)
			token, err := a.NewToken(cmd.Context(), request)
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), token)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "On that person's machine run, within 15 minutes (until %s):\n\n  lockwired administrators enrol\n\nand give it this token:\n\n", local(token.Expires))
			fmt.Fprintln(cmd.OutOrStdout(), token.Secret)
			return nil
		})})
	cmd.Flags().StringVar(&role, "role", string(engine.MayView), "view or change")
	cmd.Flags().StringSliceVar(&request.Addresses, "broker-address", nil, "where that machine reaches the broker, HOST:PORT (default: what the broker knows of itself)")
	return cmd
}

func administratorsRevoke() *cobra.Command {
	return &cobra.Command{Use: "revoke NAME", Short: "Take an administrator's access away at once", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			administrators, err := a.Administrators(cmd.Context())
			if err != nil {
				return err
			}
			current := administrators[:0:0]
			for _, administrator := range administrators {
				if administrator.Revoked.IsZero() {
					current = append(current, administrator)
				}
			}
			found, err := oneOf("administrator", arguments[0], current, func(a *engine.Administrator) engine.ID { return a.ID }, func(a *engine.Administrator) string { return a.Name })
			if err != nil {
				return err
			}
			if err := a.RevokeAdministrator(cmd.Context(), found.ID); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "revoked", found.Name)
			return nil
		})}
}

func administratorsEnrol() *cobra.Command {
	var file string
	cmd := &cobra.Command{Use: "enrol", Short: "Become an administrator of a broker elsewhere, with a token from there",
		Long: "Become an administrator of a broker elsewhere. It asks for the token that lockwired administrators token printed there.\n" +
			"From then on lockwired --broker HOST:PORT … works on that broker.",
		Args: noSecret,
		RunE: func(cmd *cobra.Command, _ []string) error {
			token, err := secretInput(cmd, "Token: ", "token", file)
			if err != nil {
				return err
			}
			defer clear(token)
			attachment, err := server.Enrol(cmd.Context(), string(token), server.EnrolmentsFolder())
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "enrolled as %s; try: lockwired --broker %s sessions list\n", attachment.Name, attachment.Brokers[0])
			return nil
		}}
	cmd.Flags().StringVar(&file, "token-file", "", "file with the token, - for standard input (default: ask for it)")
	return cmd
}
