package demonstration

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
)

// stage is a broker, two agents, a backend and a tap between the agents.
type stage struct {
	folder string
	out    io.Writer
	cancel context.CancelCauseFunc // ends the demonstration when a process ends by itself
	// printKey writes the life of a session's key.
	printKey func(io.Writer, engine.KeyLife)

	admin      engine.Administration
	closeAdmin func() error
	tap        *tap
	listen     string // where the route listens
	rule       engine.Rule
	processes  []*child
}

// startWithin is how long each part may take to come up. On a slow machine each takes well under a second.
const startWithin = 30 * time.Second

// build starts everything, joins the agents, and makes the route and the rule.
func (s *stage) build(ctx context.Context) error {
	program, agent, err := programs()
	if err != nil {
		return err
	}
	brokerAddress, err := host.FreeAddress()
	if err != nil {
		return err
	}
	data := filepath.Join(s.folder, "broker")
	fmt.Fprintln(s.out, "starting a broker, two agents and a backend on loopback…")
	if _, err := s.start("broker", program, "serve", "--data", data, "--listen", brokerAddress, "--log-level", "warn"); err != nil {
		return err
	}
	if err := host.Await(ctx, startWithin, "the broker", func() (bool, error) {
		var err error
		s.admin, s.closeAdmin, err = server.Attach(ctx, data)
		return err == nil, nil
	}); err != nil {
		return err
	}
	backend, err := s.startBackend(ctx, program)
	if err != nil {
		return err
	}
	targetData, err := host.FreeAddress()
	if err != nil {
		return err
	}
	sourceData, err := host.FreeAddress()
	if err != nil {
		return err
	}
	if s.tap, err = newTap(targetData); err != nil {
		return err
	}
	if err := s.join(ctx, agent, "source", engine.Proxy, nil); err != nil {
		return err
	}
	if err := s.join(ctx, agent, "target", engine.Repository, []string{"--allow-backend", backend}); err != nil {
		return err
	}
	if err := s.runAgent(agent, "source", sourceAddress, sourceData, sourceData); err != nil {
		return err
	}
	if err := s.runAgent(agent, "target", targetAddress, targetData, s.tap.address()); err != nil {
		return err
	}
	components, err := s.online(ctx)
	if err != nil {
		return err
	}
	if err := s.makeRoute(ctx, components, backend); err != nil {
		return err
	}
	return s.makeRule(ctx)
}

// ErrNoAgent is Run's error where there is no agent to start.
var ErrNoAgent = errors.New("the program lockwire-agent is needed")

// programs finds this program and the agent beside it, or in the PATH.
func programs() (program, agent string, err error) {
	if program, err = os.Executable(); err != nil {
		return "", "", err
	}
	agent = filepath.Join(filepath.Dir(program), "lockwire-agent")
	if runtime.GOOS == "windows" {
		agent += ".exe"
	}
	if _, err := os.Stat(agent); err == nil {
		return program, agent, nil
	}
	if agent, err = exec.LookPath("lockwire-agent"); err != nil {
		return "", "", fmt.Errorf("%w beside %s; `make build` makes both", ErrNoAgent, program)
	}
	return program, agent, nil
}

func (s *stage) startBackend(ctx context.Context, program string) (string, error) {
	reader, writer := io.Pipe()
	process, err := s.startWith("backend", writer, program, "demo", BackendCommand)
	if err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { reader.CloseWithError(ctx.Err()) })
	defer stop()
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("start the backend: %w\n%s", err, process.errors.String())
	}
	go io.Copy(io.Discard, reader) // ends with the process, which closes the writer
	return strings.TrimSpace(line), nil
}

// join gives an agent a token on its standard input, as a person would paste it.
func (s *stage) join(ctx context.Context, agent, name string, role engine.Role, more []string) error {
	token, err := s.admin.NewToken(ctx, engine.TokenRequest{Kind: engine.JoinComponent, Name: name, Role: role})
	if err != nil {
		return err
	}
	join := exec.CommandContext(ctx, agent, append([]string{"join", "--data", filepath.Join(s.folder, name), "--token-file", "-"}, more...)...)
	join.Stdin = strings.NewReader(token.Secret)
	if output, err := join.CombinedOutput(); err != nil {
		return fmt.Errorf("join %s: %w\n%s", name, err, output)
	}
	return nil
}

func (s *stage) runAgent(agent, name, address, listen, advertise string) error {
	_, err := s.start(name, agent, "run", "--data", filepath.Join(s.folder, name), "--machine-id", "demonstration-"+name,
		"--interface", address, "--listen", listen, "--advertise", advertise, "--log-level", "warn")
	return err
}

// online waits until both agents have attached.
func (s *stage) online(ctx context.Context) (map[string]engine.ID, error) {
	found := map[string]engine.ID{}
	err := host.Await(ctx, startWithin, "the agents", func() (bool, error) {
		components, err := s.admin.Components(ctx)
		for _, component := range components {
			if component.Online {
				found[component.Name] = component.ID
			}
		}
		return len(found) == 2, err
	})
	return found, err
}

func (s *stage) makeRoute(ctx context.Context, components map[string]engine.ID, backend string) error {
	listen, err := host.FreeAddress()
	if err != nil {
		return err
	}
	s.listen = listen
	effect, err := s.admin.Apply(ctx, engine.Change{PutRoute: &engine.RouteEdit{
		Route: engine.Route{Name: "demonstration", Sources: []engine.ID{components["source"]}, Listen: listen, Direction: engine.Push, LingerSeconds: linger, Enabled: true},
		Own:   &engine.OwnService{Target: components["target"], Backend: backend},
	}}, engine.Confirmation{})
	if err != nil {
		return err
	}
	route := effect.Route
	return host.Await(ctx, startWithin, "the route", func() (bool, error) {
		routes, err := s.admin.Routes(ctx)
		if err != nil || len(routes) != 1 || routes[0].ID != route.ID || len(routes[0].Listeners) != 1 {
			return false, err
		}
		listener := routes[0].Listeners[0]
		if listener.State == engine.ListenerFailed {
			return false, fmt.Errorf("the route cannot listen on %s: %s", s.listen, listener.Problem)
		}
		return listener.State == engine.ListenerUp, nil
	})
}

func (s *stage) makeRule(ctx context.Context) error {
	source, err := engine.ParseSelector(sourceAddress)
	if err != nil {
		return err
	}
	target, err := engine.ParseSelector(targetAddress)
	if err != nil {
		return err
	}
	rule := engine.Rule{Name: ruleName, Enabled: true, Encrypt: true, Source: []engine.Selector{source}, Target: []engine.Selector{target}}
	if _, err := s.admin.Apply(ctx, engine.Change{AddRule: &rule}, engine.Confirmation{}); err != nil {
		return err
	}
	set, err := s.admin.RuleSet(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(set.Rules, func(r engine.Rule) bool { return r.Name == ruleName })
	if at < 0 {
		return fmt.Errorf("rule %q: %w", ruleName, engine.ErrNotFound)
	}
	s.rule = set.Rules[at]
	return nil
}

// switchOff turns the rule off, and confirms that this loses encryption.
func (s *stage) switchOff(ctx context.Context) error {
	s.rule.Enabled = false
	_, err := engine.ApplyShown(ctx, s.admin, engine.Change{EditRule: &s.rule}, false, func(engine.Effect) {})
	return err
}

// receiptAfter waits for the receipt that was not there before.
func (s *stage) receiptAfter(ctx context.Context, before []engine.Receipt) (engine.Receipt, error) {
	var receipt engine.Receipt
	err := host.Await(ctx, startWithin, "the receipt", func() (bool, error) {
		now, err := s.admin.Receipts(ctx, engine.ReceiptQuery{Limit: 1})
		if err != nil || len(now) == 0 || len(before) > 0 && now[0].ID == before[0].ID {
			return false, err
		}
		receipt = now[0]
		return true, nil
	})
	return receipt, err
}
