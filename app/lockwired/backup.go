package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
	"lockwire/engine/disk"
	"lockwire/engine/wire"
)

// passphraseFlag is where the passphrase of a backup comes from: never the command line itself, where every user could read it.
func passphraseFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "passphrase-file", "", "file with the passphrase, - for standard input (default: ask for it)")
}

func readPassphrase(cmd *cobra.Command, file string, twice bool) ([]byte, error) {
	if file != "" {
		return host.ReadSecret(cmd.InOrStdin(), file)
	}
	phrase, err := host.AskSecret("Passphrase: ")
	if errors.Is(err, host.ErrNoTerminal) {
		return nil, host.Usage(fmt.Errorf("%w; give the passphrase with --passphrase-file FILE (- for standard input)", err))
	}
	if err != nil || !twice {
		return phrase, err
	}
	again, err := host.AskSecret("The same once more: ")
	if err != nil {
		return nil, err
	}
	defer clear(again)
	if string(again) != string(phrase) {
		return nil, errors.New("the two passphrases differ")
	}
	return phrase, nil
}

func backupCommand() *cobra.Command {
	var passphraseFile string
	cmd := &cobra.Command{Use: "backup FILE", Short: "Write a consistent copy of the installation, while it runs",
		Long: "Write a consistent copy of the installation to a new file: the database, and the authority's key sealed under a passphrase.\n" +
			"With the file and the passphrase `lockwired restore` brings the installation up on another machine.",
		Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			phrase, err := readPassphrase(cmd, passphraseFile, true)
			if err != nil {
				return err
			}
			defer clear(phrase)
			if err := writeBackup(cmd.Context(), a, phrase, arguments[0]); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "wrote", arguments[0])
			return nil
		})}
	passphraseFlag(cmd, &passphraseFile)
	return cmd
}

// writeBackup writes the whole file or none, and replaces none.
func writeBackup(ctx context.Context, a engine.Administration, phrase []byte, path string) error {
	if _, err := os.Lstat(path); err == nil { // known before the work
		return fmt.Errorf("%s is there already; name a new file", path)
	}
	return disk.Write(path, disk.Options{New: true}, func(w io.Writer) error { return a.Backup(ctx, phrase, w) })
}

func restoreCommand() *cobra.Command {
	var passphraseFile string
	var keepSealed bool
	cmd := &cobra.Command{Use: "restore FILE", Short: "Bring an installation up from a backup, in a data folder that has none",
		Long: "Bring an installation up from a backup, in a data folder that has none. Then start the broker with `lockwired serve`.\n" +
			"The components attach again by themselves where the broker has its old address; where it has not, run on each: lockwire-agent broker ADDR.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			file, err := os.Open(arguments[0])
			if err != nil {
				return host.Usage(err)
			}
			defer file.Close()
			phrase, err := readPassphrase(cmd, passphraseFile, false)
			if err != nil {
				return err
			}
			defer clear(phrase)
			folder := folderOptions(cmd).Path
			manifest, err := server.Restore(cmd.Context(), file, folder, phrase, keepSealed)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "restored installation %s, as it was on %s, into %s\n", manifest.Installation, local(manifest.Made), folder)
			flags := append(host.GivenFlags(cmd.Flags(), "passphrase-file", "keep-sealed"), listenLike(manifest.Brokers)...)
			fmt.Fprintf(cmd.OutOrStdout(), "its components look for the broker at %s; start it there with: %s, or %s\n", strings.Join(manifest.Brokers, ", "),
				host.CommandLine(append([]string{"lockwired", "service", "install"}, flags...)...), host.CommandLine(append([]string{"lockwired", "serve"}, flags...)...))
			return nil
		}}
	passphraseFlag(cmd, &passphraseFile)
	cmd.Flags().BoolVar(&keepSealed, "keep-sealed", false, "leave the authority's key sealed under the backup's passphrase; serve then asks for it")
	return cmd
}

// listenLike is the flag with which a broker listens where components look for it, where that is one port and not the usual one.
func listenLike(brokers []string) []string {
	port := ""
	for _, broker := range brokers {
		_, its, err := net.SplitHostPort(broker)
		if err != nil || port != "" && its != port {
			return nil
		}
		port = its
	}
	if port == "" || port == strconv.Itoa(wire.BrokerPort) {
		return nil
	}
	return []string{"--listen", ":" + port}
}
