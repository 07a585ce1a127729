# Every other caller: bindings, packages, Kamailio. Included by the Makefile; every recipe runs from the project's folder.
LW_TARGET ?= $(or $(CARGO_TARGET_DIR),target)
LW_RELEASE ?= $(LW_TARGET)/release
# What the tests load: as released, without the two minutes of link-time optimisation.
LW_CHECKED ?= $(LW_TARGET)/checked
# The ABI check reads full debug information, which the tests' build does without.
LW_DEBUG ?= $(LW_TARGET)/abi
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib

.PHONY: peers release-build checked-build debug-build install uninstall deb
.PHONY: test-callers test-bindings test-install test-deb test-abi test-kamailio

peers: ## install what the tests of the other callers need (apt)
	bindings/peers.sh

release-build:
	$(CARGO) build --release

checked-build:
	$(CARGO) build --profile checked

debug-build:
	$(CARGO) build --profile abi --package linewarden --lib

install: ## install what is built: DESTDIR=, PREFIX=/usr/local, LIBDIR=
	BUILD=$(LW_RELEASE) DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) LIBDIR=$(LIBDIR) packaging/install.sh install

uninstall: ## remove what install put there
	BUILD=$(LW_RELEASE) DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) LIBDIR=$(LIBDIR) packaging/install.sh uninstall

deb: release-build ## Debian packages, in $(LW_TARGET)/deb
	$(CARGO) build --release --package linewarden-agent
	rm -rf $(LW_TARGET)/deb
	packaging/deb/build.sh $(LW_RELEASE) $(LW_TARGET)/deb

test-callers: test-abi test-install test-bindings test-kamailio test-deb ## every other caller

test-abi: peers debug-build ## the C face against the committed baseline
	packaging/abi/check.sh $(LW_DEBUG)/liblinewarden.so

test-install: peers checked-build ## install, build strangers' programs, uninstall
	packaging/tests/install.sh $(LW_CHECKED)

test-bindings: peers checked-build ## the golden questions in every language
	bindings/test.sh $(LW_CHECKED)/liblinewarden.so

test-kamailio: peers checked-build ## a real Kamailio with four workers, and the Lua C module
	integrations/kamailio/tests/run.sh $(LW_CHECKED)/liblinewarden.so

# Packages of what the other tests have built: link-time optimisation of the library, the command and the agent takes longer than the rest of
# the callers' tests. A release is tested as shipped.
LW_PACKED = $(LW_TARGET)/deb-checked

test-deb: peers asterisk-peers checked-build ## lintian, dependencies, the golden questions, a stranger's program, on packages of the tests' build
	$(TEST) --no-run
	rm -rf $(LW_PACKED)
	packaging/deb/build.sh $(LW_CHECKED) $(LW_PACKED) $(LW_TARGET)/debug
	packaging/tests/deb.sh $(LW_PACKED)

.PHONY: test-deb-release
test-deb-release: peers asterisk-peers deb ## the same on the packages as they are shipped
	packaging/tests/deb.sh $(LW_TARGET)/deb

.PHONY: test-windows
test-windows: asterisk-peers checked-build ## DLL, command, stores and the TAPI service provider for Windows under wine, with a real Asterisk (installs 2.2 GB, ten minutes)
	packaging/windows/test.sh $(LW_TARGET)/windows --install
	LW_TAPI_DIST=$(abspath $(LW_TARGET))/windows/dist $(ASTERISK_ENV) python3 tests/asterisk/run.py -k under_wine 16
