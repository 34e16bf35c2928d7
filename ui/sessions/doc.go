// Package sessions is the page of live sessions and of the history of those that have ended.
package sessions
