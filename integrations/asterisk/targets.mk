# Included by the Makefile of the project's root: the Asterisk module's tests, demonstration and load run.

ASTERISK_TARGET = $(abspath $(or $(CARGO_TARGET_DIR),target))
ASTERISK_LIB    = $(ASTERISK_TARGET)/checked
ASTERISK_ENV    = LW_LIB=$(ASTERISK_LIB) LW_ASTERISK_22=$(ASTERISK_TARGET)/peers/asterisk-22

asterisk-peers: ## install Asterisk 16 and sipp (apt), unpack Asterisk 22 beside it
	tests/asterisk/install.sh $(ASTERISK_TARGET)/peers/asterisk-22

# One test has a PBX on a node of a cluster: agent and command are those of the tests' build.
test-asterisk: asterisk-peers cluster-peers checked-build ## both Asterisks, sipp telephones, every feature allowed and refused
	$(TEST) --no-run --test service --test cli
	$(ASTERISK_ENV) LW_BIN=$(ASTERISK_TARGET)/debug python3 tests/asterisk/run.py

MAJOR ?= 16

asterisk-demo: asterisk-peers checked-build ## calls on a live PBX: what was asked, answered, why, and what the telephones were sent (MAJOR=22)
	$(ASTERISK_ENV) python3 tests/asterisk/demo.py $(MAJOR)

asterisk-load: asterisk-peers checked-build ## CPU and set-up time per call with and without questions
	$(ASTERISK_ENV) python3 tests/asterisk/load.py

.PHONY: asterisk-peers test-asterisk asterisk-demo asterisk-load
