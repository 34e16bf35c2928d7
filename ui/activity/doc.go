// Package activity is the page of the audit: who changed what and when, field by field.
package activity
