package engine

import (
	"strings"
	"time"
)

// AlarmReceiver names a way on which alarms leave the broker.
type AlarmReceiver string

const (
	AlarmSyslog  AlarmReceiver = "syslog"
	AlarmWebhook AlarmReceiver = "webhook"
)

// AlarmReceivers are all ways.
var AlarmReceivers = []AlarmReceiver{AlarmSyslog, AlarmWebhook}

// Alarm tells somebody who does not look of findings of one kind. It holds names, addresses and reasons, and never a secret.
type Alarm struct {
	ID           ID `json:"id"`
	Installation ID `json:"installation"`
	// Broker is the name of the broker's machine.
	Broker   string      `json:"broker"`
	Kind     FindingKind `json:"kind"`
	Severity Severity    `json:"severity"`
	// Text is that of the newest finding.
	Text string `json:"text"`
	// Means and Fix are what it means for backups, and what to do.
	Means   string       `json:"means,omitempty"`
	Fix     string       `json:"fix,omitempty"`
	Command string       `json:"command,omitempty"`
	Place   FindingPlace `json:"place,omitempty"`
	Thing   ID           `json:"thing,omitempty"`
	// Count is how many findings of the kind were new between First and Last.
	Count int       `json:"count"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Test tells that somebody tries whether alarms arrive.
	Test bool `json:"test,omitempty"`
}

// Words say the alarm in a line: the text, and of a burst how many there were in which time.
func (a *Alarm) Words() string {
	words := Printable(a.Text)
	if a.Count > 1 {
		words = strings.TrimSuffix(words, ".") + ". It is the newest of " + CountInWords(a.Count, "finding", "findings") + " like it"
		if span := a.Last.Sub(a.First).Round(time.Second); span > 0 {
			words += " within " + span.String()
		}
		words += "."
	}
	return words
}

// AlarmReceiverStatus says how a receiver fares since the broker was started.
type AlarmReceiverStatus struct {
	Receiver AlarmReceiver `json:"receiver"`
	Sent     uint64        `json:"sent"`
	// Waiting are alarms that are still to be sent; Dropped those that never will: too many waited, or the receiver refused them.
	Waiting int    `json:"waiting"`
	Dropped uint64 `json:"dropped"`
	// LastSent is when the last one went out. Failing is since when none does, and Problem why; both are empty while all is well.
	LastSent time.Time `json:"lastSent,omitzero"`
	Failing  time.Time `json:"failing,omitzero"`
	Problem  string    `json:"problem,omitempty"`
}

// Alarms are the settings of alarms, and how the receivers fare.
type Alarms struct {
	Settings AlarmSettings `json:"settings"`
	// WebhookKey tells that the webhook has a key. The key itself is never given.
	WebhookKey bool `json:"webhookKey"`
	// Receivers are those that are set up; empty where no broker runs.
	Receivers []AlarmReceiverStatus `json:"receivers,omitempty"`
	// Lost counts what was to become an alarm and did not, because more came at once than the broker keeps.
	Lost uint64 `json:"lost,omitempty"`
}

// AlarmTestResult says how one receiver took a test alarm.
type AlarmTestResult struct {
	Receiver AlarmReceiver `json:"receiver"`
	// Problem is why it was not taken; empty where it was.
	Problem string `json:"problem,omitempty"`
	// Took is how long it took.
	Took time.Duration `json:"took"`
}
