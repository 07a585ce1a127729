"""Alice lets Bob pick up her calls, and takes it back: changes.py STORE, made by `linewarden import STORE SOURCE`."""
import sys
import tempfile
import threading
import time

from linewarden import Engine, Error, Right


def main(source: str) -> int:
    with Engine(source) as engine:
        alice, bob = engine.resolve("alice"), engine.resolve("bob")
        told, news = [], threading.Condition()

        def on_change(revision, flips):
            # A flip is in force before it is reported.
            now = engine.may(bob, Right.CALL_PICKUP, alice)
            with news:
                told.append((revision, all(flip.allowed == now for flip in flips)))
                news.notify_all()

        def wait_until_told(revision):
            with news:
                return news.wait_for(lambda: told and told[-1][0] >= revision, 60)

        noted = []
        with engine.watch(on_change, [Right.CALL_PICKUP]), engine.on_revision(noted.append):
            revision = engine.set_relationship(alice, alice, bob, "assistant_plus")
            gained = engine.may(bob, Right.CALL_PICKUP, alice)
            print(f"revision {revision}: bob may pick up alice's calls: {gained}; told: {wait_until_told(revision)}")
            try:
                engine.set_relationship(bob, alice, bob, "employee")
            except Error as error:
                print("bob may not change that:", error)
            revision = engine.clear_relationship(alice, alice, bob)
            kept = engine.may(bob, Right.CALL_PICKUP, alice)
            print(f"revision {revision}: bob may pick up alice's calls: {kept}; told: {wait_until_told(revision)}")
            deadline = time.monotonic() + 60
            while not (noted and noted[-1] == revision) and time.monotonic() < deadline:
                time.sleep(0.01)
        print(f"noted: {noted[-1:] == [revision]}")
        with tempfile.TemporaryDirectory() as folder:
            copy, exported = f"{folder}/copy.db", f"{folder}/exported"
            before = engine.backup(copy)
            engine.set_relationship(alice, alice, bob, "assistant_plus")
            lost = engine.diff(copy)["lost"]
            engine.export_to(exported)
            engine.import_from(copy)
            took_back = not engine.may(bob, Right.CALL_PICKUP, alice)
            engine.import_from(exported)
            back = engine.may(bob, Right.CALL_PICKUP, alice)
            engine.clear_relationship(alice, alice, bob)
            whole = before == revision and lost > 0 and took_back and back and engine.verify() > before
            print(f"copied, compared, exported, imported and verified: {whole}")
        print("last:", engine.history(limit=1)[0]["changes"])
        return 0 if whole and gained and not kept and told[-1][0] == revision and all(right for _, right in told) and noted[-1:] == [revision] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "rights.db"))
