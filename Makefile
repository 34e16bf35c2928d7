# Lockwire: `make run` and `make test` need nothing but Go, git and make; what else they need they install, or say how.

# Keys are erased from memory by Go's runtime/secret, which is an experiment of this Go version.
export GOEXPERIMENT = runtimesecret
# An older Go fails over an experiment that it does not know before it fetches the one that go.mod names, as Go does from 1.21 on: it is
# asked without, and what it fetched is used.
export PATH := $(shell GOEXPERIMENT= go env GOROOT)/bin:$(PATH)

RUN_PACKAGES  = gcc libc6-dev
CONSOLE_LIBRARIES = libgl-dev libegl-dev libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev libwayland-dev libxkbcommon-dev
CONSOLE_PACKAGES = $(RUN_PACKAGES) pkg-config $(CONSOLE_LIBRARIES)
LINT_PACKAGES = $(CONSOLE_PACKAGES) protobuf-compiler
TEST_PACKAGES = $(LINT_PACKAGES) iproute2 tcpdump nftables procps rsync restic rclone postgresql openssl \
  xvfb libgl1-mesa-dri xauth xdotool openbox x11-utils dbus-daemon rsyslog rsyslog-openssl
SYSTEMD_PACKAGES = $(RUN_PACKAGES) debootstrap systemd-container iproute2 util-linux
BENCH_PACKAGES = $(RUN_PACKAGES) stunnel4 haproxy nginx libnginx-mod-stream socat openssh-server openssh-client
BENCH_UI_PACKAGES = $(CONSOLE_PACKAGES) xvfb libgl1-mesa-dri xdotool
WINDOWS_PACKAGES = $(RUN_PACKAGES) gcc-mingw-w64-x86-64
ROLLOUT_PACKAGES = $(RUN_PACKAGES) ansible-core python3-yaml iproute2
PACKAGING_PACKAGES = $(CONSOLE_PACKAGES) dpkg-dev binutils gcc-aarch64-linux-gnu libc6-dev-arm64-cross debootstrap
PACKAGES_TEST_PACKAGES = debootstrap rpm lintian binutils qemu-user-static libc6-dev-arm64-cross
WINE_PACKAGES = $(WINDOWS_PACKAGES) debootstrap wine wine64 xvfb libgl1-mesa-dri xdotool imagemagick

BUILD = build
# The console without Fyne's check of its goroutine at each repaint and without a font of emoji.
TAGS = migrated_fynedo,no_emoji
# One set of build flags for every target and for what tests build: Go compiles the C code of the console once, and no program
# holds a path of the machine that built it.
export GOFLAGS = -trimpath -tags=$(TAGS)
# Linked into every program: no debug tables in a release.
LDFLAGS = -s -w
# What packages are built for, this machine's own first.
ARCHITECTURES = amd64 arm64

.PHONY: help run demo console pictures build agent windows packages test-packages wine-smoke test test-rollout test-hosts test-systemd test-upgrade test-monitoring bench bench-rules bench-ui fuzz lint generate cover clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## set up what is missing and open the console; without a display, run the demonstration of lockwired instead
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
	  $(MAKE) --no-print-directory console && exec $(BUILD)/lockwire $(ARGS); \
	else \
	  echo "There is no display for the console; this is the demonstration on the command line. All of it can be done there: $(BUILD)/lockwired --help"; \
	  exec $(BUILD)/lockwired demo $(ARGS); \
	fi

demo: build ## run the demonstration: real bytes through a sealed and a plain session
	$(BUILD)/lockwired demo $(ARGS)

console: ## build the console into build/
	@$(call need,$(CONSOLE_PACKAGES))
	go build -ldflags '$(LDFLAGS)' -o $(BUILD)/ ./app/lockwire

pictures: console ## draw the pages of the console, from an engine with real traffic, into docs/pictures
	LC_ALL=C $(BUILD)/lockwire --try --snapshot $(BUILD)/pictures --theme light
	for picture in $(BUILD)/pictures/*-light.png; do mv "$$picture" "docs/pictures/$$(basename "$$picture" -light.png).png" || exit 1; done

build: ## build the programs for this machine into build/
	@$(call need,$(RUN_PACKAGES))
	go build -ldflags '$(LDFLAGS)' -o $(BUILD)/ ./app/lockwired
	CGO_ENABLED=0 go build -ldflags '$(LDFLAGS)' -o $(BUILD)/ ./app/lockwire-agent

agent: ## build the agent for linux/amd64, linux/arm64 and windows/amd64 into build/
	for target in linux/amd64 linux/arm64 windows/amd64; do \
	  os=$${target%/*}; arch=$${target#*/}; suffix=; [ $$os = windows ] && suffix=.exe; \
	  CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -ldflags '$(LDFLAGS)' -o $(BUILD)/lockwire-agent-$$os-$$arch$$suffix ./app/lockwire-agent || exit 1; \
	done

windows: agent ## build console, broker, command line and agent for Windows (amd64) into build/windows, with agents for other machines
	@$(call need,$(WINDOWS_PACKAGES))
	mkdir -p $(BUILD)/windows
	sh assets/windows/build.sh $(BUILD)/windows '$(TAGS)' '$(LDFLAGS)'
	cp $(BUILD)/windows/lockwire-agent.exe $(BUILD)/lockwire-agent-windows-amd64.exe
	cp $(BUILD)/lockwire-agent-linux-amd64 $(BUILD)/lockwire-agent-linux-arm64 $(BUILD)/windows/

packages: ## build .deb and .rpm of the commit that is checked out into build/packages
	@$(call need,$(PACKAGING_PACKAGES))
	sh assets/packages/build.sh '$(abspath $(BUILD))/packages' '$(ARCHITECTURES)' '$(TAGS)' '$(LDFLAGS)' '$(CONSOLE_LIBRARIES)'

test-packages: ## install and remove the packages of build/packages on systems made anew (root; some minutes)
	@[ "$$(id -u)" = 0 ] || { echo "Only root can make systems anew: the packages were not tested."; exit 1; }
	@[ -e $(BUILD)/packages/SHA256SUMS ] || { echo "There are no packages: run make packages."; exit 1; }
	@$(call need,$(PACKAGES_TEST_PACKAGES))
	timeout 1200 sh assets/packages/test.sh $(BUILD)/packages

wine-smoke: windows ## start the programs for Windows under the Wine of Debian 13, as root; else under the system's (no proof for Windows)
	@$(call need,$(WINE_PACKAGES))
	sh assets/windows/wine/newest.sh $(BUILD)/windows '$(TAGS)'

test-rollout: ## try the rollout of docs/rollout by Ansible on ten network namespaces (needs root; a minute or two)
	@$(call need,$(ROLLOUT_PACKAGES))
	mkdir -p $(BUILD)/rollout
	go build -ldflags '$(LDFLAGS)' -o $(BUILD)/rollout ./app/lockwired
	CGO_ENABLED=0 go build -ldflags '$(LDFLAGS)' -o $(BUILD)/rollout ./app/lockwire-agent
	sh assets/rollout/test.sh $(BUILD)/rollout

test: ## set up what is missing and run all tests, those on separate network hosts too where this machine allows it
	@$(call need,$(TEST_PACKAGES))
	go test -race -timeout 14m ./...
	@# What is large is done whole only without the race detector, which makes it ten times slower: attacks on every byte, a rule that is
	@# turned on and off 10,000 times, a history of 100,000 sessions.
	go test ./engine/channel
	go test -run 'EachToggle|HundredThousand' ./engine/enginetest ./ui/sessions
	@# What the data channel and enrolment need must be approved algorithms only.
	GODEBUG=fips140=only go test ./engine/channel ./engine/identity ./engine/session ./engine/secret ./engine/broker ./engine/component/...
	GOFIPS140=v1.0.0 GODEBUG=fips140=only go test ./engine/channel ./engine/identity ./engine/session ./engine/secret
	@# The scan for keys in memory is told of every key, which only a test build does.
	go test -tags $(TAGS),keyscan ./engine/secret ./engine/session ./engine/channel

test-hosts: ## only the tests with real backup tools on separate network hosts (root and network namespaces)
	@$(call need,$(TEST_PACKAGES))
	go test -v -count=1 -timeout 14m ./engine/enginetest/hosts

# The commit whose programs stand for the version before this one.
BEFORE = 8a0f012

test-upgrade: ## upgrade an installation of the version before, machine by machine, and take it back (root, network namespaces, history)
	@$(call need,$(TEST_PACKAGES))
	@git cat-file -e $(BEFORE)^{commit} || { echo "The programs of before are built from commit $(BEFORE), which this clone lacks: git fetch --unshallow"; exit 1; }
	rm -rf $(BUILD)/before && mkdir -p $(BUILD)/before/source
	git archive $(BEFORE) | tar -x -C $(BUILD)/before/source
	@# It has stated the version of today.
	sed -i 's/^\( *Version *= *\).*/\1"0.0.9"/' $(BUILD)/before/source/FyneApp.toml
	cd $(BUILD)/before/source && go build -o .. ./app/lockwired && CGO_ENABLED=0 go build -o .. ./app/lockwire-agent
	LOCKWIRE_BEFORE=$(CURDIR)/$(BUILD)/before go test -v -count=1 -timeout 10m -run 'Upgrade' ./engine/enginetest/hosts

test-monitoring: ## run the alerts and the dashboard's queries of docs/monitoring on Debian's Prometheus, which is not installed
	@$(call need,$(RUN_PACKAGES) ca-certificates)
	mkdir -p $(BUILD)/prometheus
	[ -x $(BUILD)/prometheus/usr/bin/promtool ] || { cd $(BUILD)/prometheus && apt-get download -q prometheus && dpkg-deb -x prometheus_*.deb .; }
	LOCKWIRE_PROMETHEUS=$(CURDIR)/$(BUILD)/prometheus/usr/bin go test -v -count=1 -run AgainstPrometheus ./app/server

test-systemd: ## only the tests on Debian systems that they boot, with built packages (root; Debian's archive the first time)
	@$(call need,$(SYSTEMD_PACKAGES))
	$(MAKE) --no-print-directory packages ARCHITECTURES="$$(go env GOHOSTARCH)"
	LOCKWIRE_PACKAGES='$(abspath $(BUILD))/packages' go test -v -count=1 -timeout 20m ./engine/enginetest/systems

bench: console ## measure speed and cost against the tools that Debian offers
	@$(call need,$(BENCH_PACKAGES) $(BENCH_UI_PACKAGES))
	go build -o $(BUILD)/ ./app/benchui
	go run ./app/bench -console $(BUILD)/benchui $(ARGS)

bench-rules: ## measure limits with real agents on machines of their own (root and network namespaces)
	@$(call need,iproute2)
	go run ./app/bench -measure rules $(ARGS)

bench-ui: console ## measure the console's window with 10,000 live sessions, on a display of its own (ARGS=-software: without OpenGL)
	@$(call need,$(BENCH_UI_PACKAGES))
	go build -o $(BUILD)/ ./app/benchui
	$(BUILD)/benchui $(ARGS)

fuzz: ## run every fuzz target for a minute
	@for package in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep ^Fuzz); do \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime 60s $$package || exit 1; \
	  done; \
	done

lint: ## formatting, go vet, staticcheck, generated code up to date
	@$(call need,$(LINT_PACKAGES))
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not formatted (run gofmt -w): $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck -tags $(TAGS) ./...
	@# The console that tells tests what its window shows.
	go vet -tags $(TAGS),windowscan ./app/lockwire
	@# For Windows, what needs neither cgo nor SQLite.
	GOOS=windows CGO_ENABLED=0 go vet ./app/lockwire-agent ./app/host ./app/pipe $$(go list ./engine/... | grep -v -e '/administration$$' -e '/enginetest')
	sh engine/wire/generate.sh --check
	sh assets/licences.sh --check

generate: ## make the generated code anew
	@$(call need,$(LINT_PACKAGES))
	go generate ./...

cover: ## test coverage, by function
	go test -coverprofile cover.out ./... && go tool cover -func cover.out

clean: ## remove what was built
	rm -rf $(BUILD) cover.out

# need PACKAGES: checks Go; installs the Debian packages that are missing when root, else prints the one command that does.
define need
GOEXPERIMENT= go list -m >/dev/null || { \
  echo "Lockwire needs Go 1.21 or newer, which fetches the Go that go.mod names by itself: https://go.dev/doc/install"; exit 1; \
}; \
command -v dpkg-query >/dev/null || exit 0; \
missing=; for package in $(1); do \
  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
done; \
[ -z "$$missing" ] && exit 0; \
if [ "$$(id -u)" = 0 ]; then \
  echo "installing:$$missing"; \
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null || exit 1; \
else \
  echo "These packages are missing. Install them with:"; echo "  sudo apt-get install$$missing"; exit 1; \
fi
endef
