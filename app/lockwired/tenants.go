package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

func tenantsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "tenants", Short: "Customers of a service provider, who store at this installation",
		Long: "Customers of a service provider, who store at this installation. Each is an installation of its own; what it sends is always encrypted\n" +
			"and comes through a provider's gateway.\n\n" +
			"To let one in: add it, make a link and give it to the customer's administrator, who pastes it (lockwired providers add). Both see a\n" +
			"fingerprint then: have it read out by telephone, and confirm it."}
	cmd.AddCommand(tenantsList(), tenantsShow(), tenantsAdd(), tenantsEdit(), tenantsLink(), tenantsConfirm(), tenantsSwitch("enable", false), tenantsSwitch("disable", true), tenantsRemove())
	return cmd
}

func findTenant(cmd *cobra.Command, a engine.Administration, text string) (engine.TenantStatus, error) {
	tenants, err := a.Tenants(cmd.Context())
	if err != nil {
		return engine.TenantStatus{}, err
	}
	return oneOf("tenant", text, tenants, func(t *engine.TenantStatus) engine.ID { return t.ID }, func(t *engine.TenantStatus) string { return t.Name })
}

func tenantsList() *cobra.Command {
	return addJSON(&cobra.Command{Use: "list", Short: "List the tenants", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			tenants, err := a.Tenants(cmd.Context())
			if err != nil {
				return err
			}
			return list(cmd, tenants, "NAME|STATE|CONNECTED|COMPONENTS|SESSIONS|TO HERE|FROM HERE|USED|QUOTA|LIMIT|UNTIL", func(t engine.TenantStatus) []any {
				return []any{t.Name, t.State, yes(t.Attached), t.Components, t.Sessions, rate(t.Traffic.RateToTarget), rate(t.Traffic.RateToSource), size(t.Used), quotaWords(&t.Tenant), limitWords(&t.Tenant), untilWords(&t.Tenant)}
			})
		})})
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

func quotaWords(t *engine.Tenant) string {
	if t.Quota == 0 {
		return ""
	}
	return fmt.Sprintf("%s (%.0f%%)", size(t.Quota), float64(t.Used)/float64(t.Quota)*100)
}

func limitWords(t *engine.Tenant) string {
	if t.Limit == nil {
		return ""
	}
	return t.Limit.String()
}

func untilWords(t *engine.Tenant) string {
	if t.Until == nil {
		return ""
	}
	return t.Until.String()
}

func tenantsShow() *cobra.Command {
	return addJSON(&cobra.Command{Use: "show NAME", Short: "Show a tenant", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			t, err := findTenant(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), t)
			}
			services, err := a.Services(cmd.Context())
			if err != nil {
				return err
			}
			var may []string
			for _, service := range services {
				for _, id := range t.Services {
					if id == service.ID {
						may = append(may, service.Name)
					}
				}
			}
			fingerprint := ""
			if t.Key != (engine.KeyID{}) {
				fingerprint = t.Key.Fingerprint()
			}
			type row struct{ name, value string }
			rows := []row{
				{"name", t.Name}, {"id", string(t.ID)}, {"state", string(t.State)}, {"services", strings.Join(may, ", ")}, {"limit", limitWords(&t.Tenant)},
				{"used", size(t.Used)}, {"quota", quotaWords(&t.Tenant)}, {"until", untilWords(&t.Tenant)}, {"fingerprint", fingerprint}, {"linked", local(t.Linked)},
				{"confirmed", local(t.Confirmed)}, {"certificate until", local(t.CertificateExpires)}, {"connected", yes(t.Attached)},
				{"components", fmt.Sprint(t.Components)}, {"live sessions", fmt.Sprint(t.Sessions)}, {"to here now", rate(t.Traffic.RateToTarget)}, {"from here now", rate(t.Traffic.RateToSource)},
			}
			return table(cmd.OutOrStdout(), rows, "FIELD|VALUE", func(r row) []any { return []any{r.name, r.value} })
		})})
}

// tenantFlags are what add and edit have in common. An empty text takes a limit, quota or end date away.
type tenantFlags struct {
	services            []string
	limit, quota, until string
}

func (f *tenantFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.services, "service", nil, "service that it may use; may be repeated")
	cmd.Flags().StringVar(&f.limit, "limit", "", "rate that all its sessions share, such as 100Mbit/s")
	cmd.Flags().StringVar(&f.quota, "quota", "", "how much it may send in all, such as 2TB")
	cmd.Flags().StringVar(&f.until, "until", "", "last day, such as 2027-01-31, in the installation's time zone")
}

// set takes over the flags that were given.
func (f *tenantFlags) set(cmd *cobra.Command, a engine.Administration, t *engine.Tenant) error {
	if cmd.Flags().Changed("service") {
		t.Services = nil
		for _, name := range f.services {
			if name == "" {
				continue
			}
			service, err := findService(cmd, a, name)
			if err != nil {
				return err
			}
			t.Services = append(t.Services, service.ID)
		}
	}
	if cmd.Flags().Changed("limit") {
		t.Limit = nil
		if f.limit != "" {
			limit, err := parseLimit(f.limit)
			if err != nil {
				return host.Usage(err)
			}
			t.Limit = &limit
		}
	}
	if cmd.Flags().Changed("quota") {
		t.Quota = 0
		if f.quota != "" {
			quota, err := engine.ParseSize(f.quota)
			if err != nil {
				return host.Usage(err)
			}
			t.Quota = quota
		}
	}
	if cmd.Flags().Changed("until") {
		t.Until = nil
		if f.until != "" {
			day, err := engine.ParseDate(f.until)
			if err != nil {
				return host.Usage(err)
			}
			t.Until = &day
		}
	}
	return nil
}

func tenantsAdd() *cobra.Command {
	var flags tenantFlags
	cmd := &cobra.Command{Use: "add NAME", Short: "Add a tenant", Args: cobra.ExactArgs(1),
		Example: "  lockwired tenants add smith --service restic --limit 100Mbit/s --quota 2TB --until 2027-12-31",
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			tenant := engine.Tenant{Name: arguments[0]}
			if err := flags.set(cmd, a, &tenant); err != nil {
				return err
			}
			tenant, err := a.PutTenant(cmd.Context(), tenant)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "added tenant %s; make a link for it: lockwired tenants link %q\n", tenant.Name, tenant.Name)
			return nil
		})}
	flags.add(cmd)
	return cmd
}

func tenantsEdit() *cobra.Command {
	var flags tenantFlags
	var name string
	cmd := &cobra.Command{Use: "edit NAME", Short: "Change what a tenant may do; what is not allowed any more is cut", Args: cobra.ExactArgs(1),
		Long: "Change what a tenant may do. What is not said stays; an empty text, such as --quota '', takes it away. Services that are given replace\n" +
			"those from before. What is not allowed any more is cut within seconds: the live sessions that end are listed, and --yes confirms them.",
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			found, err := findTenant(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if !slices.ContainsFunc([]string{"name", "service", "limit", "quota", "until"}, cmd.Flags().Changed) {
				return host.Usage(errNothingToChange)
			}
			tenant := found.Tenant
			if name != "" {
				tenant.Name = name
			}
			if err := flags.set(cmd, a, &tenant); err != nil {
				return err
			}
			if err := confirmEnding(cmd, a, &found, &tenant); err != nil {
				return err
			}
			if _, err := a.PutTenant(cmd.Context(), tenant); err != nil {
				return explainOutdated(cmd, a, err, func(now engine.Present, name func(engine.ID) string) []engine.Difference {
					return engine.Differences(engine.Present{Tenant: &tenant}, now, name)
				})
			}
			fmt.Fprintln(cmd.OutOrStdout(), "changed tenant", tenant.Name)
			return nil
		})}
	cmd.Flags().StringVar(&name, "name", "", "new name")
	flags.add(cmd)
	addEnding(cmd)
	return cmd
}

func tenantsLink() *cobra.Command {
	var request engine.LinkRequest
	cmd := addJSON(&cobra.Command{Use: "link NAME", Short: "Make the link with which a tenant's broker becomes known here, once, within 7 days", Args: cobra.ExactArgs(1),
		Long: "Make the link with which a tenant's broker becomes known here. It can be redeemed once, within 7 days, and the one made before counts no\n" +
			"more. Until you confirm the fingerprint that the tenant reads out to you, whoever redeemed it can do nothing.",
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			tenant, err := findTenant(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			request.Tenant = tenant.ID
			link, err := a.LinkTenant(cmd.Context(), request)
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), link)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Give this link to the tenant's administrator, who runs, until %s:\n\n  lockwired providers add NAME\n\n"+
				"and reads a fingerprint out to you. Then run:\n\n  lockwired tenants confirm %q FINGERPRINT\n\n", local(link.Expires), tenant.Name)
			fmt.Fprintln(cmd.OutOrStdout(), link.Text)
			return nil
		})})
	cmd.Flags().BoolVar(&request.Replace, "replace", false, "the tenant has a key already: once the link is redeemed, that one and all that it has count no more")
	cmd.Flags().StringSliceVar(&request.Gateways, "gateway", nil, "where tenants reach the gateway, HOST:PORT; may be repeated, and is kept (default: what was said last, or what the gateways know of themselves)")
	return cmd
}

func tenantsConfirm() *cobra.Command {
	return &cobra.Command{Use: "confirm NAME FINGERPRINT", Short: "Confirm the fingerprint that a tenant has read out", Args: cobra.MinimumNArgs(2),
		Long: "Confirm the fingerprint of the tenant's broker, as the tenant has read it out: 64 hexadecimal digits, with or without spaces. Where it\n" +
			"is another one than that of whoever redeemed the link, nothing is confirmed.",
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			key, err := engine.ParseFingerprint(strings.Join(arguments[1:], " "))
			if err != nil {
				return host.Usage(err)
			}
			tenant, err := findTenant(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if err := a.ConfirmTenant(cmd.Context(), tenant.ID, key); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "confirmed", tenant.Name)
			return nil
		})}
}

func tenantsSwitch(verb string, disabled bool) *cobra.Command {
	short := "Let a tenant that was disabled begin sessions again"
	if disabled {
		short = "Cut what a tenant has and let it begin nothing; nothing is forgotten"
	}
	cmd := &cobra.Command{Use: verb + " NAME", Short: short, Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			found, err := findTenant(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if found.Disabled == disabled {
				return fmt.Errorf("tenant %s is %sd already", found.Name, verb)
			}
			tenant := found.Tenant
			tenant.Disabled = disabled
			if err := confirmEnding(cmd, a, &found, &tenant); err != nil {
				return err
			}
			if _, err := a.PutTenant(cmd.Context(), tenant); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%sd tenant %s\n", verb, tenant.Name)
			return nil
		})}
	if disabled {
		addEnding(cmd)
	}
	return cmd
}

func tenantsRemove() *cobra.Command {
	cmd := &cobra.Command{Use: "remove NAME", Short: "Remove a tenant: its key and those of its components count no more", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			tenant, err := findTenant(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if err := confirmEnding(cmd, a, &tenant, nil); err != nil {
				return err
			}
			if err := a.RemoveTenant(cmd.Context(), tenant.ID); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "removed tenant %s. Its sessions are cut and its keys count no more.\n"+
				"What it has stored stays where it is, as do the receipts of its sessions: delete it in the repositories if it is to go.\n", tenant.Name)
			return nil
		})}
	addEnding(cmd)
	return cmd
}
