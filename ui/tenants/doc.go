// Package tenants is the page of a service provider's customers: the table, their details, letting one in and ending one.
package tenants
