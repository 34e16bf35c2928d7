package route

// Flows opens flows at the source and takes them at the target.
type Flows struct {
	Config
	dials   *Dials
	striped striped
}

// NewFlows makes flows. dials are those of the component, whose attachments share them.
func NewFlows(config Config, dials *Dials) *Flows { return &Flows{Config: config, dials: dials} }
