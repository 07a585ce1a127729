# Included by the Makefile of the project's root: the Asterisk module's tests, demonstration and load run.
#
#   asterisk-peers   installs Asterisk 16, sipp and what else is needed (as root), and unpacks Asterisk 22
#   test-asterisk    both Asterisks, sipp telephones, every feature allowed and refused
#   asterisk-demo    calls on a live PBX: what was asked, answered, why, and how long it took
#   asterisk-load    CPU and set-up time per call with and without questions

ASTERISK_TARGET = $(abspath $(or $(CARGO_TARGET_DIR),target))
ASTERISK_LIB    = $(ASTERISK_TARGET)/asterisk/lib/release
ASTERISK_ENV    = LW_LIB=$(ASTERISK_LIB) LW_ASTERISK_22=$(ASTERISK_TARGET)/peers/asterisk-22

asterisk-peers:
	tests/asterisk/install.sh $(ASTERISK_TARGET)/peers/asterisk-22

# As released but for link-time optimisation, which takes long and changes no answer; in a folder of its own, so that the
# released build does not have to be made again.
asterisk-lib:
	cargo build --release --lib --no-default-features --config profile.release.lto=false \
	    --config profile.release.codegen-units=16 --target-dir $(ASTERISK_TARGET)/asterisk/lib

test-asterisk: asterisk-peers asterisk-lib
	$(ASTERISK_ENV) python3 tests/asterisk/run.py

asterisk-demo: asterisk-peers asterisk-lib
	$(ASTERISK_ENV) python3 tests/asterisk/demo.py

asterisk-load: asterisk-peers asterisk-lib
	$(ASTERISK_ENV) python3 tests/asterisk/load.py

.PHONY: asterisk-peers asterisk-lib test-asterisk asterisk-demo asterisk-load
