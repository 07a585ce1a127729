"""Two servers and the nodes of one log, as the tests begin with them."""

import hashlib
import json

from place import company, database, same, wait_for

PICKUP = "call.pickup.first"


class Cluster:
    """Two servers, the second one a synchronous standby of the first, and nodes a, b and c."""

    def __init__(self, place, users=8, nodes="abc", standby=True):
        self.place = place
        self.primary = place.server("one").make().start()
        self.standby = None
        self.primary.sql("CREATE ROLE node LOGIN")
        self.spare = place.server("two")
        if standby:
            self.standby = self.spare.copy(self.primary).start()
        self.to = database(self.primary.port, self.spare.port)
        self.admin = database(self.primary.port, self.spare.port, user="postgres")
        with open(place.path("acme.toml"), "w", encoding="utf-8") as file:
            file.write(company(users))
        self.nodes = [place.node(name, self.to) for name in nodes]
        first, *others = self.nodes
        first.lw("import", place.path("acme.toml"))
        first.cluster("init", first.store, "--agent", "node", database=self.admin)
        if standby:
            self.primary.synchronous(self.standby)
        for node in others:
            node.cluster("join", node.store)
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.up()

    def log(self):
        """The log in the database: revision, author, text, hash."""
        rows = self.primary.sql("SELECT json_agg(json_build_array(revision, author, text, encode(hash, 'hex')) ORDER BY revision)"
                                " FROM linewarden.change_set")
        return json.loads(rows)

    def head(self):
        revision, head = self.primary.sql("SELECT revision, encode(hash, 'hex') FROM linewarden.shard").split("|")
        return int(revision), head

    def equal(self):
        """Waits until every node has what the database has; then heads, sums of all answers and the hashes of the log are the same."""
        head = self.head()
        for node in self.nodes:
            wait_for(lambda node=node: (node.status()["revision"], node.status()["hash"]) == head, f"{node.name} at {head}")
        sums = {hashlib.sha256(node.matrix().encode()).hexdigest() for node in self.nodes}
        same(len(sums), 1, "different answers on nodes with one log")
        for node in self.nodes:
            node.lw("verify")
            node.cluster("verify", node.store)
        return head

    def fail_over(self):
        """Kills the primary; the standby takes its place, and a new standby is made."""
        lost, self.primary = self.primary, self.standby
        lost.kill()
        self.primary.promote()
        self.primary.synchronous(None)
        self.standby = lost.copy(self.primary).start()
        self.primary.synchronous(self.standby)


def change(number):
    """A change that alters something each time."""
    level = ["assistant", "employee", "team_colleague"][number // 56 % 3]
    owner, viewer = number % 8, (number % 8 + 1 + number // 8 % 7) % 8
    return ["set", "relationship", f"u{owner}", f"u{viewer}", level]
