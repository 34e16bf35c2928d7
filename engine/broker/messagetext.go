package broker

import (
	"net/netip"

	"lockwire/engine"
)

const maximumReason = 4096 // bytes of a reason that a component gives: it names each address that was tried

// reasonText bounds words that come from a component.
func reasonText(text string) string {
	if text == "" {
		return "the component gave no reason"
	}
	if len(text) > maximumReason {
		text = text[:maximumReason]
	}
	return engine.Printable(text)
}

func addressText(address netip.Addr) string {
	if !address.IsValid() {
		return ""
	}
	return address.String()
}
