package administration

import (
	"maps"

	"lockwire/engine/broker"
	"lockwire/engine/wire"
)

// access says what each method needs, on the local socket and on the broker's port alike. A method that is not here is refused.
var access = map[string]broker.Access{
	wire.Administration_Installation_FullMethodName:        broker.AccessView,
	wire.Administration_RuleSet_FullMethodName:             broker.AccessView,
	wire.Administration_Preview_FullMethodName:             broker.AccessView,
	wire.Administration_Apply_FullMethodName:               broker.AccessChange,
	wire.Administration_Explain_FullMethodName:             broker.AccessView,
	wire.Administration_Week_FullMethodName:                broker.AccessView,
	wire.Administration_Coverage_FullMethodName:            broker.AccessView,
	wire.Administration_Components_FullMethodName:          broker.AccessView,
	wire.Administration_Forecast_FullMethodName:            broker.AccessView,
	wire.Administration_Calibrate_FullMethodName:           broker.AccessChange,
	wire.Administration_NewToken_FullMethodName:            broker.AccessChange,
	wire.Administration_Services_FullMethodName:            broker.AccessView,
	wire.Administration_PutService_FullMethodName:          broker.AccessChange,
	wire.Administration_RemoveService_FullMethodName:       broker.AccessChange,
	wire.Administration_Routes_FullMethodName:              broker.AccessView,
	wire.Administration_PutRoute_FullMethodName:            broker.AccessChange,
	wire.Administration_RemoveRoute_FullMethodName:         broker.AccessChange,
	wire.Administration_TestRoute_FullMethodName:           broker.AccessChange,
	wire.Administration_Sessions_FullMethodName:            broker.AccessView,
	wire.Administration_Cut_FullMethodName:                 broker.AccessChange,
	wire.Administration_Receipt_FullMethodName:             broker.AccessView,
	wire.Administration_Receipts_FullMethodName:            broker.AccessView,
	wire.Administration_ReceiptTotals_FullMethodName:       broker.AccessView,
	wire.Administration_Audit_FullMethodName:               broker.AccessView,
	wire.Administration_Administrators_FullMethodName:      broker.AccessView,
	wire.Administration_RevokeAdministrator_FullMethodName: broker.AccessChange,
	wire.Administration_Backup_FullMethodName:              broker.AccessChange,
	wire.Administration_Watch_FullMethodName:               broker.AccessView,
}

// Access is the table for the broker's port.
func Access() map[string]broker.Access { return maps.Clone(access) }
