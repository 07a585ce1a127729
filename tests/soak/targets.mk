# Included by the Makefile of the project's root: the soak, and the tests under a sanitizer.

SOAK = LW_LIB=$(ASTERISK_LIB) LW_ASTERISK_22=$(ASTERISK_TARGET)/peers/asterisk-22 python3 tests/soak/soak.py
SOAK_SECONDS ?= 1800

.PHONY: soak soak-short asterisk-memory
soak: asterisk-peers checked-build ## SOAK_SECONDS of calls, changes, killed writers, full disks and damaged images on a real Asterisk
	$(SOAK) $(SOAK_SECONDS)

soak-short: asterisk-peers checked-build ## the same for two minutes
	$(SOAK) 120

asterisk-memory: asterisk-peers checked-build ## what Asterisk has of malloc() and of the system under calls, with the module and without (MAJOR=22)
	LW_LIB=$(ASTERISK_LIB) LW_ASTERISK_22=$(ASTERISK_TARGET)/peers/asterisk-22 python3 tests/soak/memory.py $(MAJOR)

# The unit tests and those that end no process on purpose; SANITIZE_TESTS names others. Rust's own library is not instrumented.
SANITIZE_HOST  = $$(rustc -vV | sed -n 's/^host: //p')
# C programs cannot load a library that is instrumented so; `make test` runs theirs under gcc's AddressSanitizer and under valgrind.
SANITIZE_TESTS ?= --lib --test image_file --test fuzz_smoke

.PHONY: sanitize
sanitize: ## the Rust tests under AddressSanitizer with its search for leaks, compiled anew for it (SANITIZE_TESTS)
	ASAN_OPTIONS=detect_leaks=1 RUSTFLAGS="-Zsanitizer=address" $(UNSTABLE) test --target $(SANITIZE_HOST) --target-dir $(TARGET)/sanitize $(SANITIZE_TESTS)

# ThreadSanitizer needs Rust's own library compiled for it: TOOLCHAIN is the folder of a nightly toolchain that has the library's source in
# lib/rustlib/src/rust (rustup's component rust-src, or that of Debian's package rust-src of the same version).
TOOLCHAIN    ?= $$(rustc +nightly --print sysroot)
THREAD_TESTS ?= --lib --test reload --test changes_durable --test stream --test fuzz_smoke

.PHONY: sanitize-threads
sanitize-threads: ## the Rust tests of threads under ThreadSanitizer, with Rust's library compiled for it (TOOLCHAIN, THREAD_TESTS)
	RUSTFLAGS="-Zsanitizer=thread" RUSTC=$(TOOLCHAIN)/bin/rustc \
		$(TOOLCHAIN)/bin/cargo test -Zbuild-std --target $(SANITIZE_HOST) --target-dir $(TARGET)/threads $(THREAD_TESTS)
