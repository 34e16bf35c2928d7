package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"lockwire/engine"
)

// DeclaredVersion is the version of a file that has services, routes and tags, too.
const DeclaredVersion = 2

var (
	declaredFields = slices.Concat(fileFields, []string{"components", "services", "routes"})
	tagsFields     = []string{"name", "tags"}
	leadFields     = []string{"target", "backend", "provider", "remote"}
	serviceFields  = slices.Concat([]string{"name"}, leadFields)
	routeFields    = slices.Concat([]string{"name", "source", "listen", "service"}, leadFields, []string{"flow", "lingerSeconds", "streams", "enabled"})
)

// declaredFile is such a file; the order of the fields is that of the file.
type declaredFile struct {
	file
	Components []engine.DeclaredTags    `json:"components"`
	Services   []engine.DeclaredService `json:"services"`
	Routes     []declaredRoute          `json:"routes"`
}

// declaredRoute is a route in a file. It leads to a service, or where it says a lead to one of its own.
type declaredRoute struct {
	Name    string   `json:"name"`
	Source  []string `json:"source"`
	Listen  string   `json:"listen"`
	Service string   `json:"service,omitempty"`
	engine.DeclaredLead
	Direction     engine.Direction `json:"flow"`
	LingerSeconds int              `json:"lingerSeconds"`
	Streams       int              `json:"streams"`
	Enabled       bool             `json:"enabled"`
}

// EncodeDeclared writes an installation as one file: every section, each field, in a fixed order.
func EncodeDeclared(w io.Writer, d engine.Declared) error {
	rules, err := fileOf(d.RuleSet)
	if err != nil {
		return err
	}
	rules.Version = DeclaredVersion
	out := declaredFile{file: rules, Components: append([]engine.DeclaredTags{}, d.Tags...), Services: append([]engine.DeclaredService{}, d.Services...), Routes: []declaredRoute{}}
	for i := range out.Components {
		out.Components[i].Tags = append([]string{}, out.Components[i].Tags...)
	}
	for _, r := range d.Routes {
		route := declaredRoute{Name: r.Name, Source: r.Source, Listen: r.Listen, Service: r.Service, Direction: r.Direction, LingerSeconds: r.LingerSeconds, Streams: r.Streams, Enabled: r.Enabled}
		if r.Own != nil {
			route.DeclaredLead = *r.Own
		}
		out.Routes = append(out.Routes, route)
	}
	return writeFile(w, out)
}

// DecodeDeclared reads a file of version 1 or 2 as what an installation is to be. What is wrong in a field is a *engine.FieldError.
func DecodeDeclared(r io.Reader) (engine.Declared, Report, error) {
	text, err := readText(r)
	if err != nil {
		return engine.Declared{}, nil, err
	}
	body, err := wholeJSON(text)
	if err != nil {
		return engine.Declared{}, nil, err
	}
	file, err := engine.ReadJSONObject(body)
	if err != nil {
		return engine.Declared{}, nil, of("file", err)
	}
	if _, found := file.Value("version"); !found {
		return engine.Declared{}, nil, of("file", at("version", engine.ErrFieldNeeded))
	}
	var notes notes
	if err := checkVersion(file, &notes, DeclaredVersion); err != nil {
		return engine.Declared{}, nil, of("file", err)
	}
	version, _ := file.Number("version")
	known := fileFields
	if version == DeclaredVersion {
		known = declaredFields
	}
	read, err := decodeSet(file, known, &notes)
	if err != nil {
		return engine.Declared{}, nil, err
	}
	d := engine.Declared{RuleSet: read.set}
	for _, section := range []engine.Section{engine.SectionRules, engine.SectionSettings, engine.SectionPreferred, engine.SectionTags, engine.SectionServices, engine.SectionRoutes} {
		if _, found := file.Value(string(section)); found {
			d.Sections = append(d.Sections, section)
		}
	}
	if len(d.Sections) == 0 {
		return engine.Declared{}, nil, fmt.Errorf("the file says nothing; it may have %s", strings.Join(declaredFields[1:], ", "))
	}
	if d.Tags, err = decodeList(file, "components", engine.MaximumDeclaredComponents, tagsFields, decodeTags); err != nil {
		return engine.Declared{}, nil, err
	}
	if d.Services, err = decodeList(file, "services", engine.MaximumDeclaredServices, serviceFields, decodeService); err != nil {
		return engine.Declared{}, nil, err
	}
	if d.Routes, err = decodeList(file, "routes", engine.MaximumDeclaredRoutes, routeFields, decodeRoute); err != nil {
		return engine.Declared{}, nil, err
	}
	return d, read.report, nil
}

// decodeList reads the things of one section, each an object with a name that stands there once.
func decodeList[T any](file engine.JSONObject, section string, most int, known []string, decode func(engine.JSONObject) (T, error)) ([]T, error) {
	list, found := file.Value(section)
	if !found {
		return nil, nil
	}
	var all []T
	names := map[string]bool{}
	where := ""
	err := engine.EachJSON(list, most, func(index int, element json.RawMessage) error {
		where = fmt.Sprintf("%s, entry %d", section, index+1)
		fields, err := engine.ReadJSONObject(element)
		if err != nil {
			return err
		}
		name, err := fields.Text("name")
		if err != nil {
			return err
		}
		if err := engine.CheckName(name); err != nil {
			return at("name", err)
		}
		where = fmt.Sprintf("%s, %q", section, name)
		if names[engine.Fold(name)] {
			return at("name", errors.New("it is there twice"))
		}
		names[engine.Fold(name)] = true
		if unknown := fields.Unknown(known); len(unknown) > 0 {
			return at(short(unknown[0]), fmt.Errorf("%w; it has %s", errUnknownField, strings.Join(known, ", ")))
		}
		thing, err := decode(fields)
		if err != nil {
			return err
		}
		all = append(all, thing)
		where = ""
		return nil
	})
	if err != nil {
		if where == "" {
			return nil, of("file", at(section, err))
		}
		return nil, of(where, err)
	}
	return all, nil
}

func decodeTags(fields engine.JSONObject) (engine.DeclaredTags, error) {
	name, _ := fields.Text("name")
	if _, found := fields.Value("tags"); !found {
		return engine.DeclaredTags{}, at("tags", engine.ErrFieldNeeded)
	}
	tags, err := decodeTexts(fields, "tags", engine.MaximumTags)
	return engine.DeclaredTags{Name: name, Tags: tags}, err
}

func decodeService(fields engine.JSONObject) (s engine.DeclaredService, err error) {
	s.Name, _ = fields.Text("name")
	s.DeclaredLead, err = decodeLead(fields)
	return s, err
}

func decodeLead(fields engine.JSONObject) (lead engine.DeclaredLead, err error) {
	var remote string
	for name, into := range map[string]*string{"target": &lead.Target, "backend": &lead.Backend, "provider": &lead.Provider, "remote": &remote} {
		if _, found := fields.Value(name); !found {
			continue
		}
		if *into, err = fields.Text(name); err != nil {
			return lead, err
		}
	}
	if remote != "" {
		if lead.Remote, err = engine.ParseID(remote); err != nil {
			return lead, at("remote", err)
		}
	}
	return lead, nil
}

func decodeRoute(fields engine.JSONObject) (engine.DeclaredRoute, error) {
	r := engine.DeclaredRoute{Direction: engine.Push, Enabled: true}
	r.Name, _ = fields.Text("name")
	var err error
	if r.Source, err = decodeTexts(fields, "source", engine.MaximumDeclaredSources); err != nil {
		return r, err
	}
	if r.Listen, err = fields.Text("listen"); err != nil {
		return r, err
	}
	lead, err := decodeLead(fields)
	if err != nil {
		return r, err
	}
	if lead != (engine.DeclaredLead{}) {
		r.Own = &lead
	}
	if _, found := fields.Value("service"); found {
		if r.Service, err = fields.Text("service"); err != nil {
			return r, err
		}
	}
	if (r.Service == "") == (r.Own == nil) {
		return r, at("service", errors.New("name a service, or say where the route leads: a target with its backend, or a provider with remote"))
	}
	if _, found := fields.Value("flow"); found {
		flow, err := fields.Text("flow")
		if err != nil {
			return r, err
		}
		r.Direction = engine.Direction(flow)
	}
	for name, into := range map[string]*int{"lingerSeconds": &r.LingerSeconds, "streams": &r.Streams} {
		if _, found := fields.Value(name); !found {
			continue
		}
		number, err := fields.Number(name)
		if err != nil {
			return r, err
		}
		*into = int(min(number, math.MaxInt32)) // what is too large is refused by the route's own check
	}
	r.Enabled, err = fields.Flag("enabled", true)
	return r, err
}

// decodeTexts reads a list of texts.
func decodeTexts(fields engine.JSONObject, name string, most int) ([]string, error) {
	list, found := fields.Value(name)
	if !found {
		return nil, nil
	}
	texts := []string{}
	err := engine.EachJSON(list, most, func(index int, element json.RawMessage) error {
		text, err := engine.ReadJSONText(element)
		if err != nil {
			return fmt.Errorf("entry %d: %w", index+1, err)
		}
		texts = append(texts, text)
		return nil
	})
	return texts, at(name, err)
}
