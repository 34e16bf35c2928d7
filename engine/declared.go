package engine

// Declared is what one file says of an installation, by names: everything of the sections that it has. What a section does not name is
// removed, or is as predefined; a section that the file does not have is left as it is.
type Declared struct {
	// Sections are those that the file has.
	Sections []Section `json:"sections"`
	RuleSet  RuleSet   `json:"ruleSet"`
	// Tags are those of the components that the file names; the others keep theirs.
	Tags     []DeclaredTags    `json:"tags,omitempty"`
	Services []DeclaredService `json:"services,omitempty"`
	Routes   []DeclaredRoute   `json:"routes,omitempty"`
}

// Section is a part of a file that says what an installation is to be.
type Section string

const (
	SectionRules     Section = "rules"
	SectionSettings  Section = "settings"
	SectionPreferred Section = "preferredNetworks"
	SectionTags      Section = "components"
	SectionServices  Section = "services"
	SectionRoutes    Section = "routes"
)

// Bounds of one file.
const (
	MaximumDeclaredComponents = 20_000
	MaximumDeclaredServices   = 20_000
	MaximumDeclaredRoutes     = 20_000
	MaximumDeclaredSources    = 20_000 // of one route
)

// DeclaredTags are all tags of a component that is there.
type DeclaredTags struct {
	Name string   `json:"name"`
	Tags []string `json:"tags"`
}

// DeclaredService is a service that stands by itself.
type DeclaredService struct {
	Name string `json:"name"`
	DeclaredLead
}

// DeclaredLead is where a service leads: to a backend behind a component, or to a service of a provider.
type DeclaredLead struct {
	Target   string `json:"target,omitempty"`
	Backend  string `json:"backend,omitempty"`
	Provider string `json:"provider,omitempty"`
	Remote   ID     `json:"remote,omitempty"`
}

// DeclaredRoute is a route, to a service by its name or, where Own is given, to one of its own.
type DeclaredRoute struct {
	Name string `json:"name"`
	// Source has the names of components, or one tag:NAME.
	Source        []string      `json:"source"`
	Listen        string        `json:"listen"`
	Service       string        `json:"service,omitempty"`
	Own           *DeclaredLead `json:"own,omitempty"`
	Direction     Direction     `json:"flow"`
	LingerSeconds int           `json:"lingerSeconds"`
	Streams       int           `json:"streams"`
	Enabled       bool          `json:"enabled"`
}

// ThingChange is what a change of several things does to one of them that is no rule.
type ThingChange struct {
	Kind string `json:"kind"` // route, service, component, settings or preferred networks
	Name string `json:"name,omitempty"`
	What string `json:"what"` // add, edit or remove
	// Words say what becomes of it, where that is short.
	Words string `json:"words,omitempty"`
}
