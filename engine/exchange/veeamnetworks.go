package exchange

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"net/netip"
	"strings"

	"lockwire/engine"
)

// decodePreferred reads the preferred networks. They decide nothing about encryption, so a network that cannot be read is left out and
// reported. In Veeam they are preferred, never required.
func (v *veeam) decodePreferred(file engine.JSONObject) (engine.PreferredNetworks, error) {
	preferred := engine.PreferredNetworks{Mode: engine.PreferredOff, Networks: []netip.Prefix{}}
	value, found := file.Value("preferredNetworks")
	if !found {
		return preferred, nil
	}
	fields, err := engine.ReadJSONObject(value)
	if err != nil {
		return preferred, err
	}
	v.noteUnknown("", "preferredNetworks.", fields, veeamPreferred)
	enabled, err := fields.Flag("isEnabled", false)
	if err != nil {
		return preferred, err
	}
	if enabled {
		preferred.Mode = engine.PreferredPrefer
	}
	list, found := fields.Value("networks")
	if !found {
		return preferred, nil
	}
	err = engine.EachJSON(list, maximumNetworks, func(index int, element json.RawMessage) error {
		fields, err := engine.ReadJSONObject(element)
		if err != nil {
			return err
		}
		v.noteUnknown("", "preferredNetworks.networks.", fields, veeamNetworkFields)
		network, err := v.decodeNetwork(fields)
		if err != nil {
			v.notes.add("", "preferredNetworks.networks", "network number %d is not carried over: %v", index+1, err)
			return nil
		}
		preferred.Networks = append(preferred.Networks, network)
		return nil
	})
	return preferred, at("networks", err)
}

// decodeNetwork takes the CIDR, and address and mask where there is none.
func (v *veeam) decodeNetwork(fields engine.JSONObject) (netip.Prefix, error) {
	texts := map[string]string{}
	for _, name := range veeamNetworkFields {
		text, err := fields.Text(name)
		if err != nil {
			return netip.Prefix{}, err
		}
		texts[name] = strings.TrimSpace(text)
	}
	masked, err := maskedNetwork(texts["ipAddress"], texts["subnetMask"])
	if texts["cidrNotation"] == "" {
		return masked, err
	}
	network, errCIDR := engine.ParseNetwork(texts["cidrNotation"])
	if errCIDR != nil {
		return network, at("cidrNotation", errCIDR)
	}
	switch {
	case texts["ipAddress"] == "" && texts["subnetMask"] == "":
	case err != nil:
		v.notes.add("", "preferredNetworks.networks", "%s is taken from cidrNotation, as address and mask cannot be read: %v", network, err)
	case masked != network:
		v.notes.add("", "preferredNetworks.networks", "%s is taken from cidrNotation, though address and mask say %s", network, masked)
	}
	return network, nil
}

// maskedNetwork reads an IPv4 network that is given as address and mask.
func maskedNetwork(address, mask string) (netip.Prefix, error) {
	none := netip.Prefix{}
	if address == "" {
		return none, at("ipAddress", engine.ErrFieldNeeded)
	}
	ip, err := engine.ParseAddress(address)
	if err != nil {
		return none, at("ipAddress", err)
	}
	if mask == "" {
		return none, at("subnetMask", engine.ErrFieldNeeded)
	}
	maskIP, err := engine.ParseAddress(mask)
	if err != nil || !maskIP.Is4() || !ip.Is4() {
		return none, at("subnetMask", fmt.Errorf("%q is not an IPv4 mask of an IPv4 address", short(mask)))
	}
	four := maskIP.As4()
	word := uint32(four[0])<<24 | uint32(four[1])<<16 | uint32(four[2])<<8 | uint32(four[3])
	ones := bits.LeadingZeros32(^word)
	if bits.OnesCount32(word) != ones {
		return none, at("subnetMask", fmt.Errorf("%s has gaps; a mask is ones, then zeros", mask))
	}
	return netip.PrefixFrom(ip, ones).Masked(), nil
}
