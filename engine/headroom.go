package engine

import (
	"fmt"
	"time"
)

// SideOfSession says which end of a session a component is.
type SideOfSession string

const (
	SourceEnd SideOfSession = "source" // whose agent listens for the tool
	TargetEnd SideOfSession = "target" // whose agent dials the backend
)

// CostOrigin says how a cost is known.
type CostOrigin string

const (
	// MeasuredLive is the cost of real sessions of the last minutes.
	MeasuredLive CostOrigin = "live"
	// MeasuredByCalibration is what the component measured of itself while no session ran.
	MeasuredByCalibration CostOrigin = "calibration"
)

// Cost is the processor time that one end of a session takes for what the session carries: so many cores as soon as it carries
// anything, for it wakes up again and again, and so many more for each GB/s. The zero value is unknown.
type Cost struct {
	// PerGB is in CPU seconds per GB (10^9 bytes of the backup tool), which is the same as cores per GB/s.
	PerGB float64 `json:"perGB"`
	// Fixed is in cores.
	Fixed float64 `json:"fixed"`
	// Error is how far off PerGB may be, up and down, in the same unit.
	Error  float64    `json:"error"`
	Origin CostOrigin `json:"origin,omitempty"`
	// Bytes are those that it was measured over.
	Bytes uint64 `json:"bytes"`
}

// Known tells whether there is a cost at all.
func (c Cost) Known() bool { return c.PerGB > 0 }

// Cores are what that many bytes per second take.
func (c Cost) Cores(bytesPerSecond float64) float64 {
	if bytesPerSecond <= 0 {
		return 0
	}
	return c.Fixed + c.PerGB*bytesPerSecond/1e9
}

// EndCost is the cost of the sessions of one mode at one end.
type EndCost struct {
	Side SideOfSession `json:"side"`
	Mode Mode          `json:"mode"`
	Cost
}

// Speeds are what a calibration reached, in bytes per second.
type Speeds struct {
	// Threads is how many worked at once.
	Threads int `json:"threads"`
	// Seal and Open are of the cipher alone, in memory. Relay is a whole sealed channel with both of its ends on this processor,
	// from one socket to the other.
	Seal  uint64 `json:"seal"`
	Open  uint64 `json:"open"`
	Relay uint64 `json:"relay"`
}

// Calibration is what a component measured of its processor while it carried nothing.
type Calibration struct {
	When time.Time `json:"when"`
	// Processor and Build are those that it holds for: another processor or another version of the agent measures anew.
	Processor string `json:"processor"`
	Build     string `json:"build"`
	Cipher    Cipher `json:"cipher"`
	One       Speeds `json:"one"`
	All       Speeds `json:"all"`
	// Costs are what each end takes, sealed and plain, taken from whole channels.
	Costs []EndCost `json:"costs"`
}

// Headroom is how much more sealed traffic a component can carry: as the end of a session for which it takes more of its
// processor, and never more than its network. The zero value is unknown.
type Headroom struct {
	// BytesPerSecond is the best estimate; it lies between Low and High, as far as the cost is known.
	BytesPerSecond uint64 `json:"bytesPerSecond"`
	Low            uint64 `json:"low"`
	High           uint64 `json:"high"`
	// Whole is what the component could carry if it did nothing else.
	Whole uint64 `json:"whole,omitempty"`
	// Cost is the one that was reckoned with, Side the end that it belongs to.
	Cost Cost          `json:"cost"`
	Side SideOfSession `json:"side,omitempty"`
	// LimitedBy is LimitedByProcessor or LimitedByNetwork.
	LimitedBy Bottleneck `json:"limitedBy,omitempty"`
}

// Known tells whether there is an estimate.
func (h Headroom) Known() bool { return h.Cost.Known() }

// OwnLimitInWords says what a component may send at most by its own limit, where its headroom is more; empty where it is not. What it
// receives has no such limit, so that its headroom stays what it is.
func (c *ComponentStatus) OwnLimitInWords() string {
	if c.LocalLimit == nil || !c.Headroom.Known() || c.LocalLimit.BytesPerSecond() >= c.Headroom.BytesPerSecond {
		return ""
	}
	return "sends at most " + c.LocalLimit.String() + " by its own limit"
}

// Bottleneck is what keeps traffic from being more.
type Bottleneck string

const (
	NotLimited         Bottleneck = ""                 // what was asked for fits
	LimitedByProcessor Bottleneck = "processor"        // all cores of an end are busy then
	LimitedByOneCore   Bottleneck = "one core a flow"  // a flow cannot use more than one core at each end
	LimitedByNetwork   Bottleneck = "network"          // the speed of an end's interface
	LimitedByCap       Bottleneck = "limit of a rule"  // the throttle that the rules decide
	LimitedUnknown     Bottleneck = "nothing measured" // no cost is known for an end
)

// CarriedBy gives what the sessions of each component move now, in bytes per second, both ways.
func CarriedBy(sessions []Session) map[ID]uint64 {
	carried := map[ID]uint64{}
	for i := range sessions {
		rate := sessions[i].Traffic.RateToTarget + sessions[i].Traffic.RateToSource
		carried[sessions[i].Source] += rate
		carried[sessions[i].Target] += rate
	}
	return carried
}

// ForecastQuestion asks what more traffic between two components would take.
type ForecastQuestion struct {
	// Source and Target are components by id or name.
	Source string `json:"source"`
	Target string `json:"target"`
	// BytesPerSecond is the traffic on top of what runs now; 0 asks for as much as fits.
	BytesPerSecond uint64 `json:"bytesPerSecond"`
	// Flows is over how many connections at once; 0 means as many as there are cores.
	Flows     int       `json:"flows"`
	Operation Operation `json:"operation,omitempty"` // Backup where it is empty
}

// Bounds on a forecast's question.
const (
	MaximumForecastRate  = 1 << 50 // bytes per second
	MaximumForecastFlows = 1 << 16
)

// Check says which field of the question is wrong, as a FieldError.
func (q ForecastQuestion) Check() error {
	switch {
	case q.Source == "":
		return &FieldError{Field: "source", Err: fmt.Errorf("name a component")}
	case q.Target == "":
		return &FieldError{Field: "target", Err: fmt.Errorf("name a component")}
	case q.BytesPerSecond > MaximumForecastRate:
		return &FieldError{Field: "rate", Err: fmt.Errorf("at most %d bytes per second", uint64(MaximumForecastRate))}
	case q.Flows < 0 || q.Flows > MaximumForecastFlows:
		return &FieldError{Field: "flows", Err: fmt.Errorf("use 0 to %d", MaximumForecastFlows)}
	case q.Operation != "" && q.Operation != Backup && q.Operation != Restore:
		return &FieldError{Field: "operation", Err: fmt.Errorf("use %s or %s", Backup, Restore)}
	}
	return nil
}

// Forecast is what more traffic between two components would take of both, on top of what they do now.
type Forecast struct {
	Mode Mode `json:"mode"`
	By   By   `json:"by"`
	// Rules are those that made the decision, by name.
	Rules []string `json:"rules,omitempty"`
	// BytesPerSecond is what of the wanted rate fits, Possible what would fit at the most; it lies between Low and High.
	BytesPerSecond uint64 `json:"bytesPerSecond"`
	Possible       uint64 `json:"possible"`
	Low            uint64 `json:"low"`
	High           uint64 `json:"high"`
	// LimitedBy says what sets Possible, At the component where; it is empty for a rule's limit.
	LimitedBy Bottleneck `json:"limitedBy,omitempty"`
	At        string     `json:"at,omitempty"`
	// Throttle is the limit that the rules decide for the direction.
	Throttle *AppliedThrottle `json:"throttle,omitempty"`
	// Cap is the limit that leaves the least for more, which need not be the lowest; nil where none holds.
	Cap    *CapLeft    `json:"cap,omitempty"`
	Source EndForecast `json:"source"`
	Target EndForecast `json:"target"`
	// SharedProcessor tells that both components run on one machine: its cores carry both ends.
	SharedProcessor bool `json:"sharedProcessor"`
	// Text says it in a sentence or two.
	Text string `json:"text"`
}

// CapLeft is a limit that holds for a direction, and what others draw on it now, in bytes per second.
type CapLeft struct {
	Cap
	Drawn uint64 `json:"drawn"`
}

// Left is what the limit leaves.
func (c *CapLeft) Left() uint64 {
	limit := c.Limit().BytesPerSecond()
	return limit - min(c.Drawn, limit)
}

// EndForecast is one end of a forecast.
type EndForecast struct {
	Component string `json:"component"`
	Cost      Cost   `json:"cost"`
	// Cores is how many the machine has, Busy how many of them are in use now, Added how many BytesPerSecond takes more.
	Cores int     `json:"cores"`
	Busy  float64 `json:"busy"`
	Added float64 `json:"added"`
	// Link is the speed of the fastest interface and Carried what the component's sessions move now, in bytes per second; 0 is unknown.
	Link    uint64 `json:"link"`
	Carried uint64 `json:"carried"`
}
