package engine

import (
	"cmp"
	"fmt"
	"slices"
)

// FindingKind says of what kind a thing is that needs attention.
type FindingKind string

// The kinds, the worst first: this is the order of every list of findings.
const (
	RecordUnwritable   FindingKind = "record unwritable"           // the broker cannot write its record, so that no session begins
	ReceiptsWrong      FindingKind = "receipts do not verify"      // somebody changed, removed or added receipts
	SessionsRefused    FindingKind = "sessions refused"            // a tool's connection was refused, and none came through since
	ComponentLost      FindingKind = "component lost"              // a component with a session or a route has lost its broker
	ProviderAway       FindingKind = "provider away"               // a service provider's broker cannot be reached
	ProviderRefusing   FindingKind = "provider refusing"           // a service provider takes nothing more from this installation
	TenantQuotaUsed    FindingKind = "tenant quota used"           // a tenant can store nothing more
	ListenerDown       FindingKind = "listener down"               // a route does not listen on one of its sources
	ConnectionsReset   FindingKind = "connections reset"           // a session takes no more connections
	PlainOnPublic      FindingKind = "plain on public"             // a plain session touches a public address
	RoutePlain         FindingKind = "route plain"                 // a route would be plain although an end has a public address
	EncryptionOff      FindingKind = "encryption off"              // a change made pairs plain that were sealed; it is told when it happens, and no situation has it
	AuthorityEnding    FindingKind = "authority ending"            // the installation's own authority ends
	AutomaticOff       FindingKind = "automatic off"               // automatic encryption is turned off
	AroundLockwire     FindingKind = "around lockwire"             // a backend listens where others than its component reach it
	RuleNameEmpty      FindingKind = "rule name empty"             // a name in a rule stands for no component
	RuleContradicted   FindingKind = "rule contradicted"           // a trusted link is about what other rules encrypt
	SessionStale       FindingKind = "session stale"               // a session is not as the rules have it now
	HeadroomLow        FindingKind = "headroom low"                // a component can hardly carry more
	SpaceLow           FindingKind = "space low"                   // the broker's disk is nearly full
	QuotaEnding        FindingKind = "quota ending"                // what a service provider lets this installation store is nearly used up
	TenantQuotaEnding  FindingKind = "tenant quota ending"         // what a tenant may store is nearly used up
	ProviderPending    FindingKind = "provider pending"            // a service provider has not confirmed this installation
	ComponentDraining  FindingKind = "component draining"          // it takes no new connection because somebody ordered so
	CertificateEnding  FindingKind = "certificate ending"          // nobody renewed it
	ProviderCertEnding FindingKind = "provider certificate ending" // that of this broker for a service provider
	TenantCertEnding   FindingKind = "tenant certificate ending"   // that of a tenant's broker
	NameUnresolved     FindingKind = "name unresolved"             // DNS does not say what a name in a rule stands for
	ExemptionEnding    FindingKind = "exemption ending"            // a trusted link is about to be none
	PrescriptionWrong  FindingKind = "prescription wrong"          // what the broker's machine prescribes cannot be taken
	ComponentOffline   FindingKind = "component offline"           // one that carries nothing and is the end of no route
	ComponentTroubled  FindingKind = "component troubled"          // it is attached, and something is wrong with it
	ClockOff           FindingKind = "clock off"                   // a component's clock differs from the broker's
	VersionOther       FindingKind = "version other"               // a component runs another version than the broker
	LegOpen            FindingKind = "leg open"                    // a route is plain outside its channel
	ComponentNeverCame FindingKind = "component never came"        // it has joined and never attached
	AlarmsUndelivered  FindingKind = "alarms undelivered"          // a receiver takes no alarm
	AccessEnding       FindingKind = "access ending"               // an administrator elsewhere did not renew the certificate
	RecordGrowing      FindingKind = "record growing"              // nothing is removed from the record, and the disk is not endless
	RuleIdle           FindingKind = "rule idle"                   // a rule can do nothing, whatever components there are
	RuleCovered        FindingKind = "rule covered"                // other rules do all that a rule does
	RuleUnmatched      FindingKind = "rule unmatched"              // a rule matches no two components that there are
	ExemptionOver      FindingKind = "exemption over"              // a trusted link has ended and still stands there
	ExemptionEndless   FindingKind = "exemption endless"           // a trusted link has no end
	RouteExempt        FindingKind = "route exempt"                // a trusted link keeps a route plain on a public address
)

// aboutKind is what is known of all findings of a kind.
type aboutKind struct {
	kind     FindingKind
	harm     Harm
	severity Severity
	many     string // the words for many findings: "33 components have joined …"
	means    string // what a finding means for backups, in a sentence
	fix      string // what to do, where a finding does not say so itself
}

var findingKinds = []aboutKind{
	{RecordUnwritable, HarmNow, Critical, "records cannot be written",
		"Without its record the broker begins no session: tools that connect now are refused.", "Mend what the text names; sessions begin again by themselves."},
	{ReceiptsWrong, HarmNow, Critical, "checks of the receipts fail",
		"What the record says of past backups is not what the broker wrote; backups go on.", "Find out who could write to the broker's data folder, and compare the receipts with an export or a backup that was kept elsewhere."},
	{SessionsRefused, HarmNow, Critical, "ends of routes are refused",
		"A backup did not run, and the next one will not either.", "The reason stands in the receipt, with what to do about it."},
	{ComponentLost, HarmNow, Critical, "components with a session or a route are offline",
		"Backups over its routes are refused until it is back; what it carried may have ended.", "See that the machine is on, that its agent runs and that it reaches the broker."},
	{ProviderAway, HarmNow, Critical, "service providers are out of reach",
		"Copies to this provider are refused until it can be reached.", "See that the gateway's port is open from here, then ask the provider."},
	{ProviderRefusing, HarmNow, Critical, "service providers take nothing more",
		"Copies to this provider are refused.", "Ask the provider."},
	{TenantQuotaUsed, HarmNow, Critical, "tenants have used up their quotas",
		"The tenant's backups are reset; it can restore.", "Raise the quota, or agree with the tenant on what it does without."},
	{ListenerDown, HarmNow, Critical, "listeners of routes do not listen",
		"A tool that connects there is refused by the system, before Lockwire hears of it.", "Free the port, or give the route another one."},
	{ConnectionsReset, HarmNow, Critical, "sessions take no more connections",
		"The tool opens more connections at once than a session carries; those beyond are reset.", "Have the tool open fewer."},
	{PlainOnPublic, HarmPlain, Critical, "sessions are plain and touch a public address",
		"Whoever is on the way can read and change this backup.", "Open the session to see which rule or setting made it plain."},
	{RoutePlain, HarmPlain, Critical, "routes are plain although an end has a public address",
		"The next backup over this route can be read and changed on the way.", "Make a rule that encrypts, or say why it may be plain with a trusted link."},
	{EncryptionOff, HarmPlain, Critical, "changes made pairs plain that were sealed",
		"From the next session on, backups between them can be read and changed on the way.", "If nobody meant to: lockwired audit --diff shows the change, and lockwired audit undo takes it back."},
	{AuthorityEnding, HarmAhead, Critical, "authorities of the installation end soon",
		"Once it has ended no component and no administrator can attach.", "Set up a new installation and have its machines join it before that day."},
	{AutomaticOff, HarmPlain, Warning, "settings turn automatic encryption off",
		"What touches a public address is sealed only where a rule of yours says so.", "Turn it on again, unless rules cover all that must be sealed."},
	{AroundLockwire, HarmPlain, Warning, "backends can be reached around Lockwire",
		"Who reaches the machine may reach the backend without the channel: plain, and past the rules.", "Bind the backend to 127.0.0.1, or let its firewall refuse others."},
	{RuleNameEmpty, HarmAhead, Warning, "names in rules stand for nothing",
		"The rule protects, exempts or limits less than it seems to.", "Correct the name, or take it out of the rule."},
	{RuleContradicted, HarmAhead, Warning, "trusted links are about what other rules encrypt",
		"A trusted link never beats a rule that encrypts: what it names stays sealed.", "Remove the trusted link, or take those addresses out of the rule that encrypts."},
	{SessionStale, HarmAhead, Warning, "sessions differ from today's rules",
		"It began under older rules.", "Cut it, or let it finish."},
	{HeadroomLow, HarmAhead, Warning, "components can hardly carry more",
		"More backups at the same time make all of them slower there.", "Spread the backups over time or machines."},
	{SpaceLow, HarmAhead, Warning, "disks are nearly full",
		"Once it is full the record cannot be written, and no session begins.", "Free space on the disk of the broker's data folder."},
	{QuotaEnding, HarmAhead, Warning, "quotas at service providers are nearly used up",
		"Once it is used up nothing more can be stored there; restores go on.", "Ask the provider for more."},
	{TenantQuotaEnding, HarmAhead, Warning, "quotas of tenants are nearly used up",
		"Once it is used up the tenant's backups are reset; it can restore.", "Raise the quota, or agree with the tenant on what it does without."},
	{ProviderPending, HarmAhead, Warning, "service providers have not confirmed this installation",
		"No session begins there until its administrator has compared the fingerprints.", "Read out to its administrator, by telephone, the fingerprint of this broker's key."},
	{ComponentDraining, HarmAhead, Warning, "components drain and take no new connection",
		"Backups over its routes are refused on purpose.", "Take sessions again once the work there is done."},
	{CertificateEnding, HarmAhead, Warning, "certificates end soon and were not renewed",
		"Once it has ended the component cannot attach, and its backups are refused.", "Its agent renews it by itself while it is attached; its log says why it does not."},
	{ProviderCertEnding, HarmAhead, Warning, "certificates for service providers end soon",
		"Once it has ended the provider's gateway lets this broker in no more.", "It is renewed while the provider is connected; where it is not, ask for a new link."},
	{TenantCertEnding, HarmAhead, Warning, "certificates of tenants end soon",
		"Once it has ended the tenant can store nothing here.", "Its broker renews it while it follows this one; where it cannot, make it a new link."},
	{NameUnresolved, HarmAhead, Warning, "names in rules are not answered by DNS",
		"Where DNS never answered, a rule that encrypts counts the name as every address, another one as none. Otherwise the text says what stands.", "Correct the name, or see to the DNS server."},
	{ExemptionEnding, HarmAhead, Warning, "trusted links end soon",
		"What it keeps plain is sealed from then on, which takes processor time on both ends.", "Let it end, or give it another last day."},
	{PrescriptionWrong, HarmAhead, Warning, "values that the broker's machine prescribes cannot be taken",
		"What was meant to be in force is not.", "Correct the value where it is prescribed."},
	{ComponentOffline, HarmAhead, Warning, "components are offline; they carry nothing and are the end of no route",
		"No backup needs it now.", "See to its agent, or revoke it where it is gone for good."},
	{ComponentTroubled, HarmAhead, Warning, "components are attached and have a problem",
		"It may refuse some of its sessions.", "The text says what to do."},
	{ClockOff, HarmAhead, Warning, "clocks differ from the broker's",
		"A certificate may count as ended there, or as not begun, so that the component cannot attach or renew.", "Have that machine keep time, by chrony, systemd-timesyncd or w32time."},
	{VersionOther, HarmAhead, Warning, "components run another version than the broker",
		"The older of the two has faults that are mended since, and a session needs both ends to speak one version of the data channel.", "Install the newer version on the older of the two, the broker first: see Upgrade in the documentation."},
	{LegOpen, HarmPlain, Warning, "routes have an open leg",
		"That part of the way is plain, outside the channel.", "Bind listener and backend to loopback where you can."},
	{ComponentNeverCame, HarmAhead, Warning, "components have joined and never attached",
		"No backup can run there yet.", "Start its agent there, or revoke it."},
	{AlarmsUndelivered, HarmAhead, Warning, "receivers take no alarm",
		"Nobody who relies on it hears of what goes wrong.", "See that the receiver runs and can be reached from the broker, then send a test alarm."},
	{AccessEnding, HarmAhead, Warning, "administrators elsewhere did not renew their certificates",
		"Once it has ended they cannot reach the broker.", "Revoke it where the access is not needed any more."},
	{RecordGrowing, HarmAhead, Warning, "records fill the disk",
		"Nothing is removed from the record: once the disk is full, no session begins.", "Give the data folder a larger disk."},
	{RuleIdle, HarmAhead, Advice, "rules can do nothing",
		"It neither protects nor limits anything.", "Correct it, or remove it."},
	{RuleCovered, HarmAhead, Advice, "rules are covered by others",
		"Removing it changes no decision at any hour.", "Remove it, or make it say what the others do not."},
	{RuleUnmatched, HarmAhead, Advice, "rules match no two components that there are",
		"It protects or limits nothing now; it may be about machines that are still to come, or that are gone.", "Remove it where its machines are gone."},
	{ExemptionOver, HarmAhead, Advice, "trusted links have ended",
		"It keeps nothing plain any more.", "Remove it, or give it another last day."},
	{ExemptionEndless, HarmAhead, Advice, "trusted links have no end",
		"What it keeps plain stays so for as long as nobody looks.", "Give it a last day, on which its reason is looked at again."},
	{RouteExempt, HarmPlain, Advice, "routes are plain by a trusted link",
		"This is as somebody decided, with a reason: Lockwire does not protect it.", "See that the reason still holds."},
}

// Harm says what a finding does to backups.
type Harm string

const (
	HarmNow   Harm = "now"   // something fails at this moment
	HarmPlain Harm = "plain" // something is not encrypted
	HarmAhead Harm = "ahead" // something is about to fail, or is not as it should be
)

// Rank is the kind's position among all kinds; 0 is the worst.
func (k FindingKind) Rank() int {
	for i := range findingKinds {
		if findingKinds[i].kind == k {
			return i
		}
	}
	return len(findingKinds)
}

func (k FindingKind) about() aboutKind {
	if rank := k.Rank(); rank < len(findingKinds) {
		return findingKinds[rank]
	}
	return aboutKind{kind: k}
}

// Harm is what findings of the kind do to backups.
func (k FindingKind) Harm() Harm { return cmp.Or(k.about().harm, HarmAhead) }

// Severity is that of findings of the kind.
func (k FindingKind) Severity() Severity { return cmp.Or(k.about().severity, Warning) }

// alarmedKinds are told as alarms unless somebody turns them off, besides all that are critical: what is about to end, and what says that
// less is protected than before.
var alarmedKinds = []FindingKind{AutomaticOff, CertificateEnding, ProviderCertEnding, TenantCertEnding, ExemptionEnding, AlarmsUndelivered, SpaceLow}

// AlarmsByDefault tells whether findings of the kind become alarms where nobody has chosen.
func (k FindingKind) AlarmsByDefault() bool {
	return k.Severity() == Critical || slices.Contains(alarmedKinds, k)
}

// FindingKinds are all kinds, the worst first.
func FindingKinds() []FindingKind {
	kinds := make([]FindingKind, len(findingKinds))
	for i := range findingKinds {
		kinds[i] = findingKinds[i].kind
	}
	return kinds
}

// ParseFindingKind reads a kind as lists of findings name it.
func ParseFindingKind(text string) (FindingKind, error) {
	kind := FindingKind(text)
	if kind.Rank() >= len(findingKinds) {
		return "", fmt.Errorf("%q is no kind of finding; see lockwired alarms kinds", abbreviate(text, MaximumNameLength))
	}
	return kind, nil
}

// Many are the words for several findings of the kind, such as "certificates end soon and were not renewed".
func (k FindingKind) Many() string { return cmp.Or(k.about().many, "things need attention") }

// Means says in a sentence what a finding of the kind means for backups.
func (k FindingKind) Means() string { return k.about().means }

// counted says how many findings of the kind there are.
func (k FindingKind) counted(n int) string {
	return fmt.Sprintf("%d %s.", n, k.Many())
}
