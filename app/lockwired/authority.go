package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"lockwire/app/server"
)

func authorityCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "authority", Short: "The installation's certification authority"}
	var file string
	var remove bool
	passphrase := &cobra.Command{Use: "passphrase", Short: "Seal the authority's key under a passphrase, or change it",
		Long: "Seal the authority's key under a passphrase. The broker asks for it at each start, or takes it from the systemd credential\n" +
			"lockwire-ca-passphrase. Stop the broker first. With --remove the key is kept in clear, in a file that only its owner can read.\n\n" +
			"For a systemd service, as root:\n" +
			"  systemd-ask-password -n | systemd-creds encrypt --name=lockwire-ca-passphrase - /etc/lockwire-ca-passphrase\n" +
			"  systemctl edit lockwired, and add under [Service]: LoadCredentialEncrypted=lockwire-ca-passphrase:/etc/lockwire-ca-passphrase",
		Args: noSecret,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options := folderOptions(cmd)
			if _, err := os.Stat(options.Path); errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%w in %s; name another folder with --data", server.ErrNoInstallation, options.Path)
			}
			folder, err := server.OpenFolder(cmd.Context(), options)
			if err != nil {
				return err
			}
			defer folder.Close()
			if _, err := folder.Authority(); err != nil { // asks for the present passphrase, where there is one
				return err
			}
			var phrase []byte
			if !remove {
				if phrase, err = readPassphrase(cmd, file, true); err != nil {
					return err
				}
				defer clear(phrase)
			}
			if err := folder.SealAuthority(phrase); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), map[bool]string{true: "the authority's key is kept without a passphrase", false: "the authority's key is sealed"}[remove])
			return nil
		}}
	passphraseFlag(passphrase, &file)
	passphrase.Flags().BoolVar(&remove, "remove", false, "keep the key without a passphrase")
	cmd.AddCommand(passphrase)
	return cmd
}
