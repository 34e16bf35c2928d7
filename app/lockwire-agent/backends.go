package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/component"
	"lockwire/engine/component/machine"
)

func allowBackendCommand() *cobra.Command {
	var installation string
	cmd := &cobra.Command{
		Use:   "allow-backend",
		Short: "Keep the list of backends that routes may dial from this machine",
		Long: "The broker says which backend a route leads to; this machine's own list decides whether it is dialled. An entry is HOST:PORT or\n" +
			"CIDR:PORTS; several ports are written 8000-8010 or 8000,9000. A running agent takes changes up within\n" +
			"5 seconds; add and remove wait for that.",
		Args: cobra.NoArgs,
	}
	installationFlag(cmd, &installation)
	var asJSON bool
	list := &cobra.Command{Use: "list", Short: "Show the list", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		attachment, err := machine.FindAttachment(folder(cmd), installation)
		if err != nil {
			return err
		}
		backends, err := machine.ReadBackends(attachment.Folder)
		if err != nil {
			return err
		}
		if asJSON {
			return writeJSON(cmd.OutOrStdout(), append([]string{}, backends.Entries()...))
		}
		for _, entry := range backends.Entries() {
			fmt.Fprintln(cmd.OutOrStdout(), entry)
		}
		return nil
	}}
	list.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	cmd.AddCommand(list, changeBackends("add", "Allow backends", &installation, func(folder, entry string) error {
		if _, err := machine.NewBackendList([]string{entry}); err != nil {
			return host.Usage(err)
		}
		return machine.AddBackend(folder, entry)
	}), changeBackends("remove", "Allow backends no longer; connections that run go on", &installation, machine.RemoveBackend))
	return cmd
}

func changeBackends(name, short string, installation *string, change func(folder, entry string) error) *cobra.Command {
	return &cobra.Command{Use: name + " HOST:PORT|CIDR:PORTS…", Short: short, Args: cobra.MinimumNArgs(1), RunE: func(cmd *cobra.Command, entries []string) error {
		attachment, err := machine.FindAttachment(folder(cmd), *installation)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if err := change(attachment.Folder, entry); err != nil {
				return err
			}
		}
		list, err := machine.ReadBackends(attachment.Folder)
		if err != nil {
			return err
		}
		return waitUntilInForce(cmd, attachment.Installation, list.Entries())
	}}
}

// inForceWithin is how long a running agent is waited for; it looks at its list every two seconds.
const inForceWithin = 8 * time.Second

// waitUntilInForce waits until the running agent has reported the new list, and prints how far it got. Otherwise a route made right after it would be
// refused.
func waitUntilInForce(cmd *cobra.Command, installation engine.ID, entries []string) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), inForceWithin)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	state, err := inForce(ctx, ticker.C, func() (component.Status, error) {
		return component.ReadStatus(component.StatusFile(folder(cmd)), time.Now())
	}, installation, entries)
	if err == nil {
		fmt.Fprintln(cmd.OutOrStdout(), state)
	}
	return err
}

// inForce reads the status at each tick until the agent has the entries, and says in words what became of them.
func inForce(ctx context.Context, tick <-chan time.Time, read func() (component.Status, error), installation engine.ID, entries []string) (string, error) {
	for {
		status, err := read()
		if errors.Is(err, component.ErrNotRunning) {
			return "The list is kept; the agent reads it when it starts.", nil
		}
		if err != nil {
			return "", err
		}
		at := slices.IndexFunc(status.Attachments, func(a component.AttachmentStatus) bool { return a.Installation == installation })
		switch {
		case at < 0:
			return "The list is kept; the agent, which was started before this machine joined, reads it when it is started again.", nil
		case !slices.Equal(status.Attachments[at].AllowedBackends, entries): // not yet
		case status.Attachments[at].Attached:
			return "The list is in force, and the broker knows it.", nil
		default:
			return "The list is in force; the broker hears of it when the agent is attached again.", nil
		}
		select {
		case <-tick:
		case <-ctx.Done():
			return "The list is kept, and the agent has not taken it up yet; its log says why.", nil
		}
	}
}
