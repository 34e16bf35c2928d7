package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"lockwire/engine/component"
)

func statusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say whether the agent runs and is attached, and what it carries",
		Long:  "status reads what the running agent writes into its data folder. It ends with code 5 where the agent does not run or is not attached.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			status, err := component.ReadStatus(component.StatusFile(folder(cmd)), time.Now())
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(cmd.OutOrStdout(), status)
			} else {
				_, err = io.WriteString(cmd.OutOrStdout(), status.Words())
			}
			if err != nil {
				return err
			}
			for _, attachment := range status.Attachments {
				if !attachment.Attached {
					return fmt.Errorf("%s is %w: %s", attachment.Name, errNotAttached, attachment.Problem)
				}
				for _, provider := range attachment.Providers {
					if !provider.Attached {
						return fmt.Errorf("%s is %w of the service provider %s: %s", attachment.Name, errNotAttached, provider.Installation, provider.Problem)
					}
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
