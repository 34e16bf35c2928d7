// Package providers is a broker's way to the service providers of which its installation is a tenant: it redeems their links, keeps key,
// certificate and roots for each, and one connection to each provider's broker, through a gateway, over which it hears how the tenant
// stands there and asks for what the tenant's components need.
//
// A provider is another installation: its authority counts for its own gateways and broker only, and nothing that it says makes anything
// plain. What it says is bounded and checked before it is kept.
package providers
