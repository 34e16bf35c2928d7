package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"

	"lockwire/engine"
)

// maximumNetworks bounds the preferred networks of one installation.
const maximumNetworks = 1024

func decodeSettings(file engine.JSONObject) (engine.Settings, error) {
	var settings engine.Settings
	value, found := file.Value("settings")
	if !found {
		return settings, nil
	}
	fields, err := engine.ReadJSONObject(value)
	if err != nil {
		return settings, of("rule set", at("settings", err))
	}
	for _, name := range fields.Names {
		value, _ := fields.Value(name) // null is refused as no number
		text, err := readSetting(name, value)
		if err != nil {
			return settings, of("settings", at(short(name), err))
		}
		if err := settings.Set(name, text); errors.Is(err, engine.ErrNotFound) {
			return settings, of("settings", at(short(name), errors.New("unknown setting")))
		} else if err != nil {
			return settings, of("settings", err)
		}
	}
	return settings, nil
}

// readSetting gives a setting's value as engine.Settings takes it. All are whole numbers but the time zone and the DNS server.
func readSetting(name string, value json.RawMessage) (string, error) {
	if name == "TimeZone" || name == "DNSServer" {
		return engine.ReadJSONText(value)
	}
	var settings engine.Settings
	if _, err := settings.Get(name); err != nil {
		return "", errors.New("unknown setting")
	}
	number, err := engine.ReadJSONNumber(value)
	return fmt.Sprint(number), err
}

func decodePreferred(file engine.JSONObject, notes *notes) (engine.PreferredNetworks, error) {
	preferred := engine.PreferredNetworks{Mode: engine.PreferredOff, Networks: []netip.Prefix{}}
	value, found := file.Value("preferredNetworks")
	if !found {
		return preferred, nil
	}
	fields, err := engine.ReadJSONObject(value)
	if err != nil {
		return preferred, err
	}
	if names := fields.Unknown(preferredFields); len(names) > 0 {
		return preferred, at(short(names[0]), errUnknownField)
	}
	if _, found := fields.Value("mode"); found {
		mode, err := fields.Text("mode")
		if err != nil {
			return preferred, err
		}
		preferred.Mode = engine.PreferredMode(mode)
	}
	if list, found := fields.Value("networks"); found {
		err := engine.EachJSON(list, maximumNetworks, func(index int, element json.RawMessage) error {
			text, err := engine.ReadJSONText(element)
			if err != nil {
				return fmt.Errorf("entry %d: %w", index+1, err)
			}
			network, err := engine.ParseNetwork(text)
			if err != nil {
				return fmt.Errorf("entry %d: %w", index+1, err)
			}
			preferred.Networks = append(preferred.Networks, network)
			return nil
		})
		if err != nil {
			return preferred, at("networks", err)
		}
	}
	if preferred.Mode == engine.PreferredRequire && len(preferred.Networks) == 0 {
		notes.add("", "preferredNetworks", "mode require without a network refuses every session")
	}
	return preferred, checkPreferred(preferred)
}

// checkPreferred refuses an unknown mode and networks that Decode would read as others.
func checkPreferred(preferred engine.PreferredNetworks) error {
	switch preferred.Mode {
	case engine.PreferredOff, engine.PreferredPrefer, engine.PreferredRequire:
	default:
		return at("mode", fmt.Errorf("%q is not a mode; use off, prefer or require", short(string(preferred.Mode))))
	}
	if len(preferred.Networks) > maximumNetworks {
		return at("networks", fmt.Errorf("at most %d entries", maximumNetworks))
	}
	for _, network := range preferred.Networks {
		if again, err := engine.ParseNetwork(network.String()); err != nil || again != network {
			return at("networks", fmt.Errorf("%s is not a whole network", network))
		}
	}
	return nil
}
