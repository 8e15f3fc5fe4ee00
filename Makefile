# Paceline's tasks. `make` alone lists them. Only Go is needed, but for
# e2e-real, bench-peers and bench-validate (Python 3.10 or later; Node), e2e-web
# (Chromium) and race
# (a C compiler).

GO       ?= go
FUZZTIME ?= 20s
BENCH    ?= .
ITEMS    ?= 1000000
MAX_MB   ?= 200
ROWS     ?= .
PEERS    ?= .
QUICK    ?=
BASE     ?= HEAD
SEEDS    ?= 20
KILLS    ?= 1000
SHOTS    ?=
TARGETS  := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.DEFAULT_GOAL := help
.PHONY: $(shell awk -F: '/^[a-z0-9-]+:.*## /{print $$1}' $(firstword $(MAKEFILE_LIST)))

help: ## list the tasks
	@printf '\nPaceline: language-model API calls in bulk\n\n'
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  \033[1mmake %-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nFUZZTIME=%s, BENCH=%s, ITEMS=%s, MAX_MB=%s, ROWS=%s, PEERS=%s, QUICK=%s, BASE=%s, SEEDS=%s and KILLS=%s can be set: make fuzz FUZZTIME=2m\n\n' \
		'$(FUZZTIME)' '$(BENCH)' '$(ITEMS)' '$(MAX_MB)' '$(ROWS)' '$(PEERS)' '$(QUICK)' '$(BASE)' '$(SEEDS)' '$(KILLS)'

build: ## build bin/paceline
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/paceline ./cmd/paceline

build-otel: ## build bin/paceline-otel, with --otel
	CGO_ENABLED=0 $(GO) -C contrib/otel build -trimpath -o ../../bin/paceline-otel ./cmd/paceline

test: ## run all tests
	$(GO) test ./...
	$(GO) -C contrib/otel test ./...

race: ## run all tests under the race detector
	GORACE=atexit_sleep_ms=10 $(GO) test -race ./...
	GORACE=atexit_sleep_ms=10 $(GO) -C contrib/otel test -race ./...

cover: ## run all tests and print the coverage of each package
	$(GO) test -cover ./...

lint: ## gofmt, vet for each system, staticcheck, import rules
	@scripts/lint

fuzz: ## run each fuzz target for FUZZTIME
	@scripts/fuzz $(FUZZTIME)

bench: ## run the benchmarks that match BENCH
	$(GO) test ./... -run '^$$' -bench '$(value BENCH)' -benchmem

bench-diff: ## compare the benchmarks that match BENCH with those of the revision BASE
	@scripts/bench-diff '$(BASE)' '$(value BENCH)'

bench-commit: ## measure what group commit costs at 10,000 rows a second
	$(GO) run ./bench/commit

bench-input: ## measure what taking in 5,000,000 lines costs: read, check, template, send
	$(GO) run ./bench/input

bench-flow: ## measure admission and stuck calls, into docs/flow.md
	$(GO) test ./bench/flow -full -count=1 -timeout 4h -seeds $(SEEDS) -run '$(value ROWS)' -page '$(CURDIR)/docs/flow.md'

bench-peers: ## measure Paceline beside other clients, into docs/PERFORMANCE.md
	$(GO) run ./bench/peers $(if $(QUICK),-quick) $(if $(ROUNDS),-rounds $(ROUNDS)) -rows '$(value ROWS)' -peers '$(value PEERS)' -page docs/PERFORMANCE.md

bench-seen: build ## measure what it costs to see a run, into docs/PERFORMANCE.md
	$(GO) run ./bench/seen -paceline bin/paceline -page docs/PERFORMANCE.md

bench-validate: ## measure what checking an answer costs beside pydantic, into docs/validate.md
	$(GO) run ./bench/validate -page docs/validate.md

cross: ## build for every system and processor, without cgo
	@for t in $(TARGETS); do \
		echo "build $$t"; \
		CGO_ENABLED=0 GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) build ./... || exit 1; \
		CGO_ENABLED=0 GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) -C contrib/otel build ./... || exit 1; \
	done

mem: build ## run ITEMS items through the simulator within MAX_MB of memory
	$(GO) run ./bench/mem -paceline bin/paceline -items $(ITEMS) -max-mb $(MAX_MB)

resume-scale: build ## continue a run of 10,000,000 done items: time to the first call, memory
	$(GO) run ./bench/mem -paceline bin/paceline -resume -items 10000000 -max-mb 300 -max-seconds 20

report-scale: ## write the report of a million rows within 30 s, and below 5 MB
	$(GO) test ./internal/report -run TestScale -count=1 -v -args -rows 1000000 -seconds 30

torture: ## kill runs at random moments, KILLS times, with every fault on
	$(GO) test ./bench/torture -count=1 -timeout 3h -v -kills $(KILLS)

e2e-real: ## label 50 items with a real model, served by llama.cpp
	$(GO) test -tags e2e -count=1 -timeout 30m -v ./e2e

e2e-http: ## hold our own HTTP/1.1 against nginx, Node, uvicorn and net/http
	$(GO) test -tags e2e -count=1 -timeout 10m -v ./e2e/http

e2e-metrics: ## scrape runs by a real Prometheus, and try the dashboard's queries
	$(GO) test -tags e2e -count=1 -timeout 10m -v ./e2e/metrics

e2e-web: ## open the page and the report of runs in Chromium; SHOTS=DIR keeps pictures
	cd e2e/web && PACELINE_SHOTS='$(abspath $(SHOTS))' $(GO) test -count=1 -timeout 15m -v .

clean: ## remove what was built; .e2e (model and server) stays
	rm -rf bin dist
