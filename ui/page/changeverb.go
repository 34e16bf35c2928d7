package page

import "lockwire/engine"

// verbOf is what the button says that goes on with a change.
func verbOf(c *engine.Change) string {
	switched := func(on bool) string { return "Turn " + engine.OnOff(on) }
	switch {
	case c.AddRule != nil:
		return "Add the rule"
	case c.EditRule != nil:
		return "Save the rule"
	case c.RemoveRule != "":
		return "Remove the rule"
	case c.EditRules != nil && len(c.EditRules.Put) == 0:
		return "Remove the rules"
	case c.EditRules != nil:
		return "Save the rules"
	case c.ImportRules != nil:
		return "Import the rules"
	case len(c.SwitchRules) > 0:
		return switched(c.SwitchRules[0].On)
	case c.SwitchRoute != nil:
		return switched(c.SwitchRoute.On)
	case c.PutRoute != nil && c.PutRoute.Route.ID == "":
		return "Add the route"
	case c.PutRoute != nil:
		return "Save the route"
	case c.RemoveRoute != "":
		return "Remove the route"
	case c.Setting != nil, c.Preferred != nil:
		return "Save the setting"
	case c.ReplaceOverride != nil:
		return "Make the trusted links"
	case c.Tags != nil, c.EditTags != nil:
		return "Save the tags"
	case c.Rename != nil:
		return "Rename"
	case c.Limit != nil:
		return "Save the limit"
	case len(c.Revoke) > 0:
		return "Revoke"
	case c.Declare != nil:
		return "Apply the file"
	case c.Undo != "":
		return "Undo"
	}
	return "Save"
}
