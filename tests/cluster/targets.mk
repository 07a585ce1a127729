# Included by the Makefile of the project's root: tests of many machines with one order of changes, on PostgreSQL.

CLUSTER_BIN = $(abspath $(or $(CARGO_TARGET_DIR),target))/debug
KILLED ?= 30

cluster-peers: ## install PostgreSQL 15 and pgbouncer (apt); no server is started
	tests/cluster/install.sh

test-cluster: cluster-peers ## PostgreSQL with a synchronous standby and three agents on loopback; whatever is killed, nothing acknowledged is lost
	$(TEST) --no-run
	LW_BIN=$(CLUSTER_BIN) python3 tests/cluster/run.py --kills $(KILLED)
	LW_BIN=$(CLUSTER_BIN) python3 tests/cluster/administrator.py
	packaging/oci/test.sh $(CLUSTER_BIN)

bench-cluster: cluster-peers ## a cluster beside PostgreSQL's own commits: changes, the other node, a new node (SETS), one of many tenants (TENANTS)
	$(CARGO) build --profile checked --package linewarden --package linewarden-cli --package linewarden-agent
	LW_BIN=$(abspath $(or $(CARGO_TARGET_DIR),target))/checked python3 tests/cluster/measure.py --sets $(or $(SETS),100000) --tenants $(or $(TENANTS),10000)

agent: ## linewarden-agent as it is installed, in target/release
	$(CARGO) build --release --package linewarden-agent

cluster-long: cluster-peers ## the same with 300 kills
	$(MAKE) test-cluster KILLED=300

.PHONY: agent bench-cluster cluster-peers test-cluster cluster-long
