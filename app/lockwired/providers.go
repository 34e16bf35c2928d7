package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

func providersCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "providers", Short: "Service providers, to which copies of backups go",
		Long: "Service providers, to which copies of backups go. A provider is another installation; what goes there is always encrypted, and goes\n" +
			"through a tunnel to the one port of the provider's gateway, which this side dials.\n\n" +
			"To become a tenant of one: ask it for a link, give that to `lockwired providers add`, and read out to the provider's administrator, by\n" +
			"telephone, the fingerprint that is shown then. `lockwired routes add NAME --provider P --service S …` leads a route there."}
	cmd.AddCommand(providersAdd(), providersList(), providersShow(), providersRemove())
	return cmd
}

func findProvider(cmd *cobra.Command, a engine.Administration, text string) (engine.ProviderStatus, error) {
	providers, err := a.Providers(cmd.Context())
	if err != nil {
		return engine.ProviderStatus{}, err
	}
	return oneOf("provider", text, providers, func(p *engine.ProviderStatus) engine.ID { return p.ID }, func(p *engine.ProviderStatus) string { return p.Name })
}

// nameAndNoSecret takes a name. A second word may be the secret, and is never repeated.
func nameAndNoSecret(_ *cobra.Command, arguments []string) error {
	if len(arguments) == 0 {
		return errors.New("a name for the provider is needed")
	}
	return noSecret(nil, arguments[1:])
}

func providersAdd() *cobra.Command {
	var file string
	cmd := addJSON(&cobra.Command{Use: "add NAME", Short: "Become a tenant of a service provider, with the link that it made",
		Long: "Become a tenant of a service provider. It asks for the link that the provider's administrator made (lockwired tenants link). A link can be\n" +
			"used once. The provider then has to confirm the fingerprint of this broker's key: read it out by telephone, and have the other\n" +
			"fingerprint, of the provider's authority, read out to you.\n\n" +
			"With the name of a provider that is there already it links again; the provider makes such a link with --replace.",
		Args: nameAndNoSecret,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			link, err := secretInput(cmd, "Link: ", "link", file)
			if err != nil {
				return err
			}
			defer clear(link)
			provider, err := a.AddProvider(cmd.Context(), engine.ProviderLink{Name: arguments[0], Link: string(link)})
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), provider)
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "added provider %s. Compare these two fingerprints with its administrator, by telephone:\n\n", provider.Name)
			fmt.Fprintf(out, "  you read out  %s  this broker's key\n", provider.Key.Fingerprint())
			fmt.Fprintf(out, "  you hear      %s  the provider's authority\n\n", provider.CAPin.Fingerprint())
			fmt.Fprintf(out, "If what you hear is something else, remove it again: lockwired providers remove %q.\nUntil the provider has confirmed what you read out, it is pending: lockwired providers show %q\n", provider.Name, provider.Name)
			return nil
		})})
	cmd.Flags().StringVar(&file, "link-file", "", "file with the link, - for standard input (default: ask for it)")
	return cmd
}

func providersList() *cobra.Command {
	return addJSON(&cobra.Command{Use: "list", Short: "List the providers", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			providers, err := a.Providers(cmd.Context())
			if err != nil {
				return err
			}
			return list(cmd, providers, "NAME|STATE|CONNECTED|COMPONENTS|SESSIONS|USED|QUOTA|UNTIL|PROBLEM", func(p engine.ProviderStatus) []any {
				connected, quota := "NO", ""
				if p.Connected {
					connected = "through " + p.Gateway
				}
				if p.Quota > 0 {
					quota = size(p.Quota)
				}
				return []any{p.Name, p.State, connected, p.Components, p.Sessions, size(p.Used), quota, local(p.Until), p.Problem}
			})
		})})
}

func providersShow() *cobra.Command {
	return addJSON(&cobra.Command{Use: "show NAME", Short: "Show how this installation stands at a provider, and both fingerprints", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			p, err := findProvider(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), p)
			}
			out := cmd.OutOrStdout()
			for _, fact := range providerFacts(&p) {
				if fact.value != "" {
					fmt.Fprintf(out, "%-18s %s\n", fact.name, fact.value)
				}
			}
			return nil
		})})
}

type fact struct{ name, value string }

// providerFacts are all that is known of a provider, in words.
func providerFacts(p *engine.ProviderStatus) []fact {
	connected := "no"
	if p.Connected {
		connected = fmt.Sprintf("through gateway %s since %s", p.Gateway, local(p.Since))
	}
	services := make([]string, len(p.Services))
	for i, service := range p.Services {
		services[i] = service.Name
	}
	state := string(p.State)
	if p.State == engine.TenantPending {
		state += ": the provider has not confirmed this broker's key yet; read it out by telephone"
	}
	facts := []fact{
		{"name", p.Name}, {"state", state}, {"connected", connected}, {"problem", p.Problem}, {"gateways", strings.Join(p.Gateways, ", ")},
		{"rules see it at", p.AddressWords()},
		{"services", strings.Join(services, ", ")},
	}
	if p.Limit > 0 {
		facts = append(facts, fact{"limit", rate(p.Limit)})
	}
	used := size(p.Used)
	if p.Quota > 0 {
		used = fmt.Sprintf("%s of %s (%.0f%%)", used, size(p.Quota), 100*float64(p.Used)/float64(p.Quota))
	}
	key := ""
	if p.Key != (engine.KeyID{}) {
		key = p.Key.Fingerprint()
	}
	return append(facts, fact{"used", used}, fact{"until", local(p.Until)}, fact{"components", fmt.Sprint(p.Components)}, fact{"live sessions", fmt.Sprint(p.Sessions)},
		fact{"this broker's key", key}, fact{"its authority", p.CAPin.Fingerprint()}, fact{"certificate until", local(p.CertificateExpires)}, fact{"tenant there", string(p.Tenant)}, fact{"added", local(p.Added)})
}

func providersRemove() *cobra.Command {
	return &cobra.Command{Use: "remove NAME", Short: "Forget a provider to which no route leads, and the key for it; what is stored there stays there", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			provider, err := findProvider(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if err := a.RemoveProvider(cmd.Context(), provider.ID); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "removed provider %s; what is stored there is still there, ask the provider to remove it\n", provider.Name)
			return nil
		})}
}
