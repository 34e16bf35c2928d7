package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

func componentsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "components", Short: "The machines that run the agent"}
	cmd.AddCommand(componentsList(), componentsShow(), componentsToken(), tokensCommand(engine.JoinComponent), revokeTokenCommand(engine.JoinComponent), componentsRename(), componentsTag(), componentsLimit(), componentsDrain(), componentsRevoke())
	return cmd
}

func componentsList() *cobra.Command {
	var all bool
	cmd := addJSON(&cobra.Command{Use: "list", Short: "List the components", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			components, err := a.Components(cmd.Context())
			if err != nil {
				return err
			}
			sessions, err := carriedSessions(cmd, a)
			if err != nil {
				return err
			}
			carries := engine.CarriesOf(sessions)
			shown := components[:0:0]
			for _, component := range components {
				if all || component.Revoked.IsZero() {
					shown = append(shown, component)
				}
			}
			return list(cmd, shown, "NAME|ROLE|STATE|ADDRESSES|TAGS|AES|SESSIONS|CERTIFICATE UNTIL|LAST SEEN|PROBLEM", func(c engine.ComponentStatus) []any {
				return []any{c.Name, c.Role, componentState(&c), addresses(c.Addresses()), strings.Join(c.Tags, ", "), aes(&c), c.Sessions, local(c.CertificateExpires), lastSeen(&c), drainAndProblem(&c, carries[c.ID])}
			})
		})})
	cmd.Flags().BoolVar(&all, "all", false, "revoked ones too")
	return cmd
}

// lastSeen is now while the component is attached: what is kept is when it attached or reported something else.
func lastSeen(c *engine.ComponentStatus) string {
	if c.Online {
		return "now"
	}
	return local(c.LastSeen)
}

func componentState(c *engine.ComponentStatus) string {
	switch {
	case !c.Revoked.IsZero():
		return "revoked"
	case c.Draining() != nil && c.Online:
		return c.DrainState()
	case c.Draining() != nil:
		return "offline, " + c.DrainState()
	case c.Online:
		return "online"
	}
	return "offline"
}

// carriedSessions are the live sessions; none where no broker runs.
func carriedSessions(cmd *cobra.Command, a engine.Administration) ([]engine.Session, error) {
	sessions, err := a.Sessions(cmd.Context())
	if errors.Is(err, engine.ErrNoBroker) {
		return nil, nil
	}
	return sessions, err
}

// drainAndProblem says why a component takes no connection, and what else is wrong with it.
func drainAndProblem(c *engine.ComponentStatus, carries engine.Carries) string {
	return strings.TrimPrefix(strings.TrimSuffix(c.DrainWords(time.Now(), carries)+"; "+c.Problem, "; "), "; ")
}

// addresses marks the public ones, because they are what makes encryption automatic.
func addresses(all []engine.Address) string {
	text := make([]string, len(all))
	for i, address := range all {
		text[i] = address.String()
		if engine.Classify(address.Address) == engine.PublicAddress {
			text[i] += " [public]"
		}
	}
	return strings.Join(text, ", ")
}

func aes(c *engine.ComponentStatus) string {
	switch {
	case c.Report.Processor.HasAES():
		return strings.Join(c.Report.Processor.AES, ", ")
	case c.Report.Version == "":
		return ""
	}
	return "none: ChaCha20 is used"
}

func componentsShow() *cobra.Command {
	return addJSON(&cobra.Command{Use: "show NAME", Short: "Show one component", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			c, err := findComponent(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), c)
			}
			sessions, err := carriedSessions(cmd, a)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			field := func(name string, value any) {
				if text := fmt.Sprint(value); text != "" {
					fmt.Fprintf(out, "%-20s %s\n", name, text)
				}
			}
			field("name", c.Name)
			field("id", c.ID)
			field("role", c.Role)
			field("state", componentState(&c))
			field("drains", c.DrainWords(time.Now(), engine.CarriesOf(sessions)[c.ID]))
			field("problem", c.Problem)
			field("tags", strings.Join(c.Tags, ", "))
			field("addresses", addresses(c.Addresses()))
			for _, endpoint := range c.Report.Endpoints {
				field("endpoint", endpoint)
			}
			field("allowed backends", strings.Join(c.Report.AllowedBackends, ", "))
			if c.LocalLimit != nil {
				field("own limit", c.LocalLimit)
			}
			field("processor", fmt.Sprintf("%s, %d cores", c.Report.Processor.Name, c.Report.Processor.Cores))
			field("AES instructions", aes(&c))
			field("agent", strings.TrimSpace(fmt.Sprintf("%s %s/%s", c.Report.Version, c.Report.OS, c.Report.Architecture)))
			if c.Report.ChannelVersion != 0 {
				field("data channel", fmt.Sprintf("version %d", c.Report.ChannelVersion))
			}
			field("control stream", c.Group)
			field("live sessions", c.Sessions)
			field("joined", local(c.Joined))
			field("certificate until", local(c.CertificateExpires))
			field("last seen", lastSeen(&c))
			return nil
		})})
}

func componentsRename() *cobra.Command {
	cmd := &cobra.Command{Use: "rename NAME NEW-NAME", Short: "Rename a component, in the rules that name it too", Args: cobra.ExactArgs(2),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			component, err := findComponent(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			return change(cmd, a, engine.Change{Rename: &engine.Renaming{Component: component.ID, Revision: component.Revision, Name: arguments[1]}}, "renamed "+component.Name+" to "+arguments[1])
		})}
	addConfirmation(cmd)
	return cmd
}

func componentsTag() *cobra.Command {
	var add, remove []string
	cmd := &cobra.Command{Use: "tag NAME… [--add TAG] [--remove TAG]", Short: "Add tags to components and remove others, by which rules and routes can name them", Args: cobra.MinimumNArgs(1),
		Long: "Add tags to components and remove others, by which rules and routes can name them: all of it is one change. Without --add and --remove\n" +
			"the tags are listed.",
		Example: "  lockwired components tag fileserver mailserver --add branch\n  lockwired components tag fileserver --remove branch --add head-office",
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			edit := engine.TagEdit{Add: add, Remove: remove}
			var components []engine.Component
			var names []string
			for _, name := range arguments {
				component, err := findComponent(cmd, a, name)
				if err != nil {
					return err
				}
				if !slices.Contains(edit.Components, component.ID) {
					components, names = append(components, component.Component), append(names, component.Name)
					edit.Components = append(edit.Components, component.ID)
				}
			}
			if len(add)+len(remove) == 0 {
				for _, component := range components {
					listTags(cmd.OutOrStdout(), component, len(components) > 1)
				}
				return nil
			}
			for _, tag := range remove {
				if !slices.ContainsFunc(components, func(c engine.Component) bool { return slices.Contains(c.Tags, tag) }) {
					return fmt.Errorf("%s: none carries the tag %q: %w", strings.Join(names, ", "), tag, engine.ErrNotFound)
				}
			}
			return change(cmd, a, engine.Change{EditTags: &edit}, "changed the tags of "+strings.Join(names, ", "))
		})}
	cmd.Flags().StringSliceVar(&add, "add", nil, "tags to add to each of them")
	cmd.Flags().StringSliceVar(&remove, "remove", nil, "tags to take from those of them that carry them")
	addConfirmation(cmd)
	return cmd
}

// listTags writes a component's tags: one a line, or where several are listed one component a line.
func listTags(out io.Writer, component engine.Component, several bool) {
	if several {
		fmt.Fprintf(out, "%s: %s\n", component.Name, strings.Join(component.Tags, ", "))
		return
	}
	fmt.Fprintln(out, strings.Join(component.Tags, "\n"))
}

func componentsLimit() *cobra.Command {
	cmd := &cobra.Command{Use: `limit NAME LIMIT|none`, Short: "Set a component's own limit on what it sends", Args: cobra.ExactArgs(2),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			component, err := findComponent(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			wanted := engine.LimitChange{Component: component.ID, Revision: component.Revision}
			if arguments[1] != none {
				limit, err := parseLimit(arguments[1])
				if err != nil {
					return host.Usage(err)
				}
				wanted.Limit = &limit
			}
			return change(cmd, a, engine.Change{Limit: &wanted}, "changed the limit of "+component.Name)
		})}
	addConfirmation(cmd)
	return cmd
}

func componentsRevoke() *cobra.Command {
	cmd := &cobra.Command{Use: "revoke NAME…", Short: "Take components' access away for good; their sessions end within 5 s", Args: cobra.MinimumNArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			var ids []engine.ID
			var names []string
			for _, name := range arguments {
				component, err := findComponent(cmd, a, name)
				if err != nil {
					return err
				}
				ids, names = append(ids, component.ID), append(names, component.Name)
			}
			return change(cmd, a, engine.Change{Revoke: ids}, "revoked "+strings.Join(names, ", "))
		})}
	addConfirmation(cmd)
	return cmd
}

// errNothingToChange is for an edit that names no field.
var errNothingToChange = errors.New("nothing to change was named; see --help")
