# Two targets are enough to begin with: `make demo` shows what this is, `make test` checks all of it. `make help` lists the rest.
#
# One target, one recipe; the `##` comment behind a target is its line in `make help`.

SHELL  := /bin/sh
CARGO  ?= cargo
CC     ?= cc
TARGET := $(or $(CARGO_TARGET_DIR),target)

# What the C programs of demo and tests, and the tests of the service, need beside Rust, as Debian calls it. clang is not among them (half a gigabyte): where
# it is installed, tests/header.rs compiles the header with it as well.
PACKAGES := gcc g++ libc6-dev make binutils strace valgrind pkg-config curl openssl
TOOLS    := gcc g++ make nm strace valgrind pkg-config curl openssl

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install-deps
install-deps: ## install the C tools that are missing (as root through apt; otherwise say what to run)
	@missing=; for tool in $(TOOLS); do command -v $$tool >/dev/null 2>&1 || missing="$$missing $$tool"; done; \
	command -v $(CARGO) >/dev/null 2>&1 || { echo "cargo is missing: install Rust first, https://rustup.rs"; exit 1; }; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	echo "missing:$$missing"; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $(PACKAGES); \
	else \
		echo "run: sudo apt-get install --no-install-recommends $(PACKAGES)"; exit 1; \
	fi

.PHONY: demo
demo: install-deps ## build the library, ask it real questions from C and on the command line
	@TARGET="$(TARGET)" CARGO="$(CARGO)" CC="$(CC)" sh examples/demo.sh

# What is missing is installed first, so that a machine that cannot get it says so at once and not after ten minutes.
.PHONY: test
test: install-deps peers asterisk-peers cluster-peers fmt-check lint package satellites header floors tests models docs instructions test-cluster test-callers test-asterisk soak-short ## all checks, cheap ones first; what .ci/run calls

.PHONY: fmt
fmt: ## format the Rust code
	$(CARGO) fmt --all

.PHONY: fmt-check
fmt-check: ## fail if the Rust code is not formatted
	$(CARGO) fmt --all --check

.PHONY: lint
lint: ## clippy; every warning is an error, dead code behind the facade too
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings
	$(CARGO) clippy --package linewarden --lib -- -D warnings
	$(CARGO) clippy --package linewarden --lib --no-default-features -- -D warnings

# benches/peers is left to the workflow: other engines take minutes to build.
SATELLITES ?= benches/instructions tests/models fuzz

.PHONY: satellites
satellites: ## format and clippy of the packages outside the workspace (downloads what they need)
	for package in $(SATELLITES); do \
		$(CARGO) fmt --check --manifest-path $$package/Cargo.toml || exit 1; \
		$(CARGO) clippy --all-targets --manifest-path $$package/Cargo.toml --target-dir $(TARGET)/satellites -- -D warnings || exit 1; \
	done

.PHONY: package
package: ## the crate as it would be published has all it needs, without a warning
	@said=$$($(CARGO) package --quiet --package linewarden --list --allow-dirty 2>&1 >/dev/null); [ -z "$$said" ] || { echo "$$said"; exit 1; }

# One choice of packages wherever the tests build something. With another choice cargo joins other features of the same dependencies, and
# builds the library and what it needs once more.
TEST = $(CARGO) test --workspace

.PHONY: header
header: ## fail if include/linewarden.h is not what the source makes (the build writes it)
	$(TEST) --test header
	@if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then git diff --exit-code -- include/; fi

.PHONY: floors
floors: ## the dependency map, the house rules and the words
	$(TEST) --test floors --test words

.PHONY: tests
tests: ## unit tests, cases, C programs (also under AddressSanitizer and valgrind), the command, the agent
	$(TEST)

KILLS ?= 1000

.PHONY: kill-long
kill-long: ## KILLS times kill -9 for a writer, with readers at work (50 times in `make test`)
	LINEWARDEN_KILLS=$(KILLS) $(CARGO) test --test kill -- --nocapture

ANSWERS ?= 10000000

.PHONY: oracle-long
oracle-long: ## ANSWERS answers of random companies with rules, groups and dates against the naive evaluator, at each edge of the dates
	LINEWARDEN_ANSWERS=$(ANSWERS) $(CARGO) test --profile checked --test oracle_dates -- --nocapture

.PHONY: models
models: ## publishing, the pair cache and a cluster's protocol in every order of steps; LOOM_MAX_PREEMPTIONS=2 goes deeper, for minutes
	$(CARGO) test --release --manifest-path tests/models/Cargo.toml --target-dir $(TARGET)/models

.PHONY: models-long
models-long: ## the cluster's protocol with more faults: minutes, four gigabytes
	$(CARGO) test --release --manifest-path tests/models/Cargo.toml --target-dir $(TARGET)/models --test cluster -- --ignored --nocapture

.PHONY: docs
docs: ## the Rust documentation; every warning is an error
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps

.PHONY: release
release: ## the library and the command as they are installed, in target/release
	$(CARGO) build --release

.PHONY: bench
bench: ## measure: the table of ratios, then criterion's report; about five minutes on a machine that does nothing else
	$(CARGO) bench --bench ratios
	$(CARGO) bench --bench check

.PHONY: growth
growth: ## how the time to read and to change grows with each list; fails where it is faster than the length (SIZES, LISTS)
	$(CARGO) bench --profile checked --bench growth

.PHONY: bench-people
bench-people: ## where people wait: seconds and peak memory of each command on 10,000 and 100,000 users; USERS=1000000 for more
	$(CARGO) bench -p linewarden-cli --bench people

.PHONY: bench-tenants
bench-tenants: ## what one tenant's change takes beside 500, 1,000 and 2,000 tenants (TENANTS), and the first calls of a process (USERS)
	$(CARGO) bench --profile checked --bench tenants
	$(CARGO) bench --profile checked --bench first

.PHONY: bench-service
bench-service: ## the decision service on loopback: p99 of a question beside an empty route, questions/s in batches
	$(CARGO) bench --profile checked -p linewarden-agent --bench service

.PHONY: bench-page
bench-page: ## how long each page takes with 100,000 users (USERS); fails where one takes over 300 ms
	$(CARGO) bench --profile checked -p linewarden-agent --bench page

.PHONY: service-long
service-long: ## 100,000 questions over HTTP against the engine, 10,000 connections, 200,000 damaged requests
	LINEWARDEN_REQUESTS=200000 $(CARGO) test -p linewarden-agent --test service -- --include-ignored

.PHONY: bench-peers
bench-peers: ## other policy engines on the same company in the same run (downloads and builds them first)
	$(CARGO) run --release --manifest-path benches/peers/Cargo.toml --target-dir $(TARGET)/peers

COUNT = $(CARGO) run --quiet --release --manifest-path benches/instructions/Cargo.toml --target-dir $(TARGET)/instructions --

.PHONY: instructions
instructions: ## count the instructions of each hot function and compare with benches/instructions.txt
	$(COUNT) benches/instructions.txt

.PHONY: instructions-write
instructions-write: ## write the counts as they are now into benches/instructions.txt; commit it with the reason
	$(COUNT) benches/instructions.txt --write

.PHONY: fuzz-check
fuzz-check: ## the fuzz targets compile (no nightly needed)
	$(CARGO) check --manifest-path fuzz/Cargo.toml

FUZZ_SECONDS ?= 60
FUZZ_RUNS ?= -1

# Fuzzing and sanitizing need compiler options that a stable Rust has only under this variable.
UNSTABLE = RUSTC_BOOTSTRAP=1 $(CARGO)
FUZZ_TARGETS ?= $$($(CARGO) fuzz list)

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZ_SECONDS seconds or FUZZ_RUNS runs, from fuzz/corpora (needs cargo-fuzz: cargo install cargo-fuzz)
	for target in $(FUZZ_TARGETS); do \
		mkdir -p $(TARGET)/corpora/$$target; \
		$(UNSTABLE) fuzz run --target-dir $(TARGET)/fuzz $$target $(TARGET)/corpora/$$target fuzz/corpora/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -runs=$(FUZZ_RUNS) -len_control=0 -timeout=20 -print_final_stats=1 || exit 1; \
	done

.PHONY: fuzz-long
fuzz-long: ## 20 million runs of each fuzz target, or an hour
	$(MAKE) fuzz FUZZ_SECONDS=3600 FUZZ_RUNS=20000000

.PHONY: deny
deny: ## licences, advisories, sources and duplicates of all dependencies, by deny.toml (needs cargo-deny)
	$(CARGO) deny --all-features --workspace check

.PHONY: test-page
test-page: asterisk-peers checked-build ## the page in a real browser, with the pictures of docs/page.md (needs chromium, chromium-driver and npm)
	$(CARGO) build --profile checked -p linewarden-agent
	@$(ASTERISK_ENV) python3 -B tests/page/run.py $(TARGET)/checked/linewarden-agent $(TARGET)/checked/linewarden docs/page

.PHONY: clean
clean: ## remove what was built
	$(CARGO) clean

# Targets of the callers, each beside its caller.
include bindings/targets.mk integrations/asterisk/targets.mk tests/soak/targets.mk tests/cluster/targets.mk
