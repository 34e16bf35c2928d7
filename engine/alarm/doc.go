// Package alarm tells people who do not look: it makes alarms of findings and sends them to a syslog server and a webhook.
//
// What is new, how a burst of the same becomes one alarm, and when a failed one is sent again are pure (news.go, bursts.go, pause.go).
// Keeper joins them with the receivers, each with a bounded queue and a goroutine of its own: whoever tells of a finding never waits, and
// a receiver that is slow or gone holds up neither traffic nor the other receivers. What is dropped is counted and said.
//
// Alarms that wait are kept in memory only. What still stands when the broker starts again is told once more.
package alarm
