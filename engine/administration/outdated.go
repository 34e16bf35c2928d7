package administration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lockwire/engine"
)

// lookedBack is how many of the newest audit entries are searched for who saved or removed a thing.
const lookedBack = 1000

// edited are the things that an edit of a copy is about: it is refused where one of them was changed or removed since it was read.
type edited struct {
	things  []engine.ID
	setting string // the name of a setting; empty where none is edited
}

// editedBy gives what a change edits from a copy. What it only turns on or off, removes or adds is edited from none.
func editedBy(change *engine.Change) edited {
	var e edited
	add := func(id engine.ID) {
		if id != "" {
			e.things = append(e.things, id)
		}
	}
	switch {
	case change.EditRule != nil:
		add(change.EditRule.ID)
	case change.EditRules != nil:
		for i := range change.EditRules.Put {
			add(change.EditRules.Put[i].ID)
		}
	case change.PutRoute != nil:
		add(change.PutRoute.Route.ID)
	case change.Tags != nil:
		add(change.Tags.Component)
	case change.Rename != nil:
		add(change.Rename.Component)
	case change.Limit != nil:
		add(change.Limit.Component)
	case change.Setting != nil:
		e.setting = change.Setting.Name
	case change.ReplaceOverride != nil:
		e.setting = engine.OverrideSetting
	}
	return e
}

// editOf is the edit of one thing.
func editOf(id engine.ID) edited { return edited{things: []engine.ID{id}} }

// withWho says of a refused edit who saved what is there now, or removed it, and when. What was never there stays an ErrNotFound.
func (l *Local) withWho(ctx context.Context, err error, e edited) error {
	outdated, is := errors.AsType[*engine.OutdatedError](err)
	removed := !is && errors.Is(err, engine.ErrNotFound) && len(e.things) > 0
	if !is && !removed {
		return err
	}
	entries, auditErr := l.Store.Audit(ctx, engine.AuditQuery{Limit: lookedBack})
	if auditErr != nil {
		return err // it stays refused, only without a name
	}
	for i := range entries {
		entry := &entries[i]
		switch {
		case is && e.saved(entry, &outdated.Now):
			outdated.Now.By, outdated.Now.At = entry.Who, entry.When
			return outdated
		case removed && e.removed(entry):
			kind, _, _ := strings.Cut(entry.What, ".")
			return &engine.OutdatedError{Of: fmt.Sprintf("%s %q", kind, entry.Thing), Now: engine.Present{Removed: true, By: entry.Who, At: entry.When}}
		case removed: // what is there after an entry is not what is gone: it was had back after an older one removed it
			there := thingOf(entry.After)
			e.things = slices.DeleteFunc(e.things, func(id engine.ID) bool { return id == there })
		}
	}
	return err
}

// saved tells whether an entry is of the thing that is there now: the newest such one saved it.
func (e *edited) saved(entry *engine.AuditEntry, now *engine.Present) bool {
	kind, _, _ := strings.Cut(entry.What, ".")
	switch {
	case now.Settings != nil:
		return entry.What == "settings.set" && entry.Thing == e.setting || kind == "settings" && entry.What != "settings.set"
	case now.Preferred != nil:
		return kind == "preferred-networks"
	case now.Route != nil && now.Service != nil && kind == "service":
		return thingOf(entry.After) == now.Service.ID
	}
	return len(entry.After) > 0 && slices.Contains(e.things, thingOf(entry.After))
}

// removed tells whether an entry removed one of the things for good.
func (e *edited) removed(entry *engine.AuditEntry) bool {
	_, verb, _ := strings.Cut(entry.What, ".")
	return (verb == "remove" || verb == "revoke") && slices.Contains(e.things, thingOf(entry.Before))
}

// thingOf is the id that an audit entry has of what was changed; empty where it has none.
func thingOf(side json.RawMessage) engine.ID {
	var thing struct {
		ID engine.ID `json:"id"`
	}
	if len(side) == 0 || json.Unmarshal(side, &thing) != nil {
		return ""
	}
	return thing.ID
}
