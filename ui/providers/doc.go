// Package providers is the page of the service providers to which copies of backups go: the table, their details, adding one.
package providers
