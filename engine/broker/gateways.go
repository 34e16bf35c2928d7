package broker

import (
	"context"
	"encoding/json"
	"errors"

	"lockwire/engine"
)

// gatewaysValue is the name in the store of where tenants reach the gateways.
const gatewaysValue = "gateways"

// ReadGateways gives where tenants reach the gateways, HOST:PORT, as an administrator has said; none where nobody has.
func ReadGateways(ctx context.Context, from engine.Records) (gateways []string, err error) {
	text, err := from.Value(ctx, gatewaysValue)
	if errors.Is(err, engine.ErrNotFound) || err == nil && len(text) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return gateways, json.Unmarshal(text, &gateways)
}

// PutGateways keeps what ReadGateways gives.
func PutGateways(tx engine.Transaction, gateways []string) error {
	text, err := json.Marshal(gateways)
	if err != nil {
		return err
	}
	return tx.PutValue(gatewaysValue, text)
}
