// Package settings is the page of the installation's settings: administrators, backup, appearance, other brokers.
package settings
