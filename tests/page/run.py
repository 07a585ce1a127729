"""The page in a real browser: login each way, by a unix socket behind a forwarded port and by a real OpenID provider too, with the attacks of
oidc.py; search, why, change with preview, a real Asterisk that follows it, history, the company as a picture, report as PDF, keyboard only, the
rules of axe-core on every part, both languages, light and dark, a telephone's width. `make test-page` runs it.

usage: run.py AGENT COMMAND [PICTURES]    PICTURES: a folder that gets the pictures of docs/page.md
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import oidc
from exchange import Exchange
from forwarded import Forwarded
from oidc import check
from webdriver import Browser, Failure, free_port

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PARTS = [
    "/page/", "/page/?q=a", "/page/person?party=alice", "/page/pair?actor=rosa&target=martin&right=call.pickup", "/page/change",
    "/page/change?form=set+site&party=alice", "/page/change?form=set+systems",
    "/page/pending", "/page/history", "/page/picture", "/page/report?for=alice&since=0", "/page/report?company=yes&since=0",
    "/page/lint", "/page/codes?actor=alice&code=*8201", "/page/status",
]


def modules():
    """The folder with what package-lock.json names: test tools, fetched when they are missing and part of nothing that is built."""
    folder = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "page"
    folder.mkdir(parents=True, exist_ok=True)
    lock, done = (HERE / "package-lock.json").read_bytes(), folder / "installed"
    if not done.exists() or done.read_bytes() != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
        done.write_bytes(lock)
    return folder


class Agent:
    """A store of the sample company, and the agent over it."""

    def __init__(self, agent, command, folder, page):
        self.folder, self.command, self.port = folder, command, free_port()
        store = folder / "rights.db"
        if not store.exists():
            self.linewarden("import", "rights.db", ROOT / "examples/companies/mixed.toml")
            self.linewarden("apply", "rights.db", "--by", "diana", "set", "relationship", "diana", "bob", "assistant_plus")
        callers = [("admin", "administer", ""), ("alice", "change", 'user = "alice"'), ("desk", "administer", f"uid = {os.getuid()}")]
        self.root = f"http://127.0.0.1:{self.port}"
        self.socket = folder / f"socket-{self.port}"
        text = f'listen = ["127.0.0.1:{self.port}", "unix:{self.socket}"]\nsocket_mode = "0600"\npublic_url = "{self.root}"\n'
        for name, role, more in callers:
            digest = hashlib.sha256(name.encode()).hexdigest()
            text += f'[[caller]]\nname = "{name}"\nrole = "{role}"\ndomain = "brenner.example"\ntoken_sha256 = "{digest}"\n{more}\n'
        config = folder / f"service-{self.port}.toml"
        config.write_text(text + (page(self.root) if callable(page) else page))
        self.process = subprocess.Popen(
            [agent, "--store", store, "--http", config], stderr=subprocess.PIPE, text=True
        )
        line = self.process.stderr.readline()
        found = re.search(r"answers at (\S+)", line)
        if not found:
            raise Failure(f"the agent does not answer: {line}")

    def linewarden(self, *arguments):
        done = subprocess.run([self.command, *arguments], cwd=self.folder, capture_output=True, text=True)
        if done.returncode > 1:
            raise Failure(f"{arguments}: {done.stderr}")
        return done.stdout

    def end(self):
        self.process.terminate()
        self.process.wait()


class Run:
    def __init__(self, browser, agent, pictures, tools, exchange):
        self.browser, self.agent, self.pictures, self.exchange = browser, agent, pictures, exchange
        self.axe = (tools / "node_modules" / "axe-core" / "axe.min.js").read_text()

    def go(self, path):
        self.browser.open(self.agent.root + path)

    def shoot(self, name):
        if self.pictures:
            self.browser.shoot(self.pictures / f"{name}.png")
            size = (self.pictures / f"{name}.png").stat().st_size
            check(size < 200_000, f"picture {name} has {size} bytes")

    def login(self):
        b = self.browser
        self.go("/page/")
        check("/page/login" in b.address(), "who is not logged in gets to the login")
        self.shoot("login")
        b.fill("#token", "wrong")
        b.click("button.main")
        check("This token is not known." in b.text(), "a wrong token is refused")
        b.fill("#token", "admin")
        b.click("button.main")
        check(b.address().endswith("/page/"), "a token lets in")
        check(b.run("return document.cookie") == "", "no script can read the cookie")
        check("lw" not in b.address() and "token" not in b.address(), "the token is in no address")

    def search_and_why(self):
        b = self.browser
        b.fill("#q", "mart")
        b.click("form[role=search] button")
        check("martin" in b.text(), "a person is found by a part of the name")
        b.click('a[href*="party=martin"]')
        check("Who may towards martin" in b.text(), "a person's page says who may")
        self.shoot("person")
        b.fill("#actor", "rosa")
        b.click('form[action="/page/pair"] button')
        b.run("document.querySelector('#right').value = 'call.pickup'")
        b.click("form.row button.main")
        text = b.text()
        check("rosa may not pick up calls – towards martin" in text, "why Rosa cannot pick up Martin's calls")
        check("Each of these changes would allow it" in text, "what would allow it")
        self.shoot("why")

    def change(self):
        """The suggested change, as far as the log and the dialplan of an Asterisk that runs meanwhile."""
        b = self.browser
        picks_up = lambda: self.exchange.may("rosa", "call.pickup", "martin")
        check(not picks_up(), "the PBX refuses Rosa")
        b.click('form[action="/page/change/preview"] button')
        text = b.text()
        check("Who gains and who loses" in text and "rosa may now, towards martin" in text.replace("\n", " "), "the preview says who gains")
        self.shoot("preview")
        line = b.run("return document.querySelector('details pre').textContent").strip()
        check("\n" not in line and line not in text, "the line is behind the sentence")
        counted = json.loads(self.agent.linewarden("apply", "rights.db", "--dry-run", "--json", *line.split()))["answers"]
        shown = re.search(r"Pairs that gain: (\d+); that lose: (\d+)", text)
        check(shown.groups() == (str(counted["gained"]), str(counted["lost"])), "the preview counts what the command counts")
        listed = b.run("return [...document.querySelectorAll('ul.diff li')].map(li => li.innerText)")
        check(len(listed) == len(counted["groups"]) > 0, "the preview lists what the command lists")
        for one, group in zip(listed, counted["groups"]):
            names = set(group["actors"] + group["targets"])
            check(one[0] == ("+" if group["gains"] else "−") and all(name in one for name in names), f"with those whom it concerns: {one}")
        pictures = b.run("return [...document.querySelectorAll('details.before-after summary')].map(one => one.innerText)")
        check(pictures[0] == "Before and after: pick up calls", f"the picture is of the right that was asked about: {pictures}")
        b.click("form[action='/page/change/apply'] button.main")
        text = b.text()
        check("is in force" in text and "/page/history" in b.address(), "the change is in force")
        check(picks_up(), "the PBX allows it to Rosa")
        made = re.search(r"Revision (\d+) is in force", text).group(1)
        said = self.agent.linewarden("history", "rights.db", "--json", "--limit", "1")
        check(json.loads(said)["sets"][0]["revision"] == int(made), "the command sees it, too")
        check(json.loads(said)["sets"][0]["hash"] in text, "the history shows the hash of the log")
        self.shoot("history")
        b.click(f'button[aria-label="Take back revision {made}"]')
        check("Taking a change back" in b.text(), "taking it back is previewed")
        b.click("form[action='/page/change/apply'] button.main")
        check(f"Revision {int(made) + 1} is in force" in b.text(), "it is taken back by a new change set")
        check(not picks_up(), "the PBX refuses Rosa again")

    def by_form(self):
        """A change that stands behind no suggestion and is none of the commonest, without a word of docs/changes.md."""
        b = self.browser
        self.go("/page/change")
        b.click('a[href="/page/change?form=set+administrator"]')
        b.fill("#set-administrator-user", "rosa")
        b.run("document.querySelector('#set-administrator-area').value = 'workgroups'")
        b.fill("#set-administrator-names", "sales\nsupport")
        b.click("form[action='/page/change/preview'] button.main")
        check("let rosa administer, of the area workgroups: sales and support" in b.text(), "a form of a change that is not common")

    def picture(self):
        b = self.browser
        self.go("/page/picture?right=presence.status.read")
        check(b.run("return document.querySelectorAll('rect.broad').length") > 0, "where a right is too broad it is marked")
        b.click("svg a:has(rect.broad)")
        check(b.run("return document.querySelectorAll('#people li a').length") > 0, "a cell leads to its people")
        b.click("#people li a")
        check("/page/pair" in b.address() and "Every right" in b.text(), "and each of them to the sheet of the pair")

    def keyboard(self):
        """Login, search, a change and the end of the session without a mouse."""
        b = self.browser
        b.devtools("Network.clearBrowserCookies")
        self.go("/page/login")
        b.keys("alice", "ENTER")
        self.wait(lambda: b.address().endswith("/page/"), "login by keyboard")
        b.tab_to("Change")
        b.keys("ENTER")
        self.wait(lambda: b.address().endswith("/page/change"), "the parts are reached by keyboard")
        b.tab_to("Set the relationship of … for … to …")
        b.keys("ENTER")
        b.tab_to("set-relationship-viewer")
        b.keys("carol")
        b.tab_to("Preview")
        b.keys("ENTER")
        self.wait(lambda: "Who gains and who loses" in b.text(), "a preview by keyboard")
        b.tab_to("Apply")
        b.keys("ENTER")
        self.wait(lambda: "is in force" in b.text(), "a change by keyboard")
        said = json.loads(self.agent.linewarden("history", "rights.db", "--json", "--limit", "1"))
        check(said["sets"][0]["by"] == "brenner.example/alice", "the log says who")
        b.tab_to("Log out")
        b.keys("ENTER")
        self.wait(lambda: "/page/login" in b.address(), "the end of the session by keyboard")

    def wait(self, is_so, what):
        until = time.monotonic() + 30
        while not is_so():
            if time.monotonic() > until:
                raise Failure(f"{what}: {self.browser.address()}: {self.browser.text()[:500]}")
            time.sleep(0.1)
        print(f"ok  {what}")

    def paper(self):
        b = self.browser
        self.again("admin")
        self.go("/page/report?for=diana&since=1")
        check("Who may listen in" in b.text() and "What changed since revision 1" in b.text(), "the report is a page")
        self.shoot("report")
        is_pdf = lambda pdf: pdf.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 1
        check(is_pdf(b.print()), "the report is printed")
        b.devtools("Emulation.setEmulatedMedia", media="print")
        check(not b.run("return [...document.querySelectorAll('.top, nav, form, button')].some(one => one.offsetParent)"), "without the frame of the page")
        b.devtools("Emulation.setEmulatedMedia", media="")
        # The same from the command: one source for the page, the file and paper.
        cells = "return [...document.querySelectorAll('table')].map(table => [...table.querySelectorAll('th, td')].map(cell => cell.innerText))"
        here = b.run(cells)
        file = self.agent.folder / "report.html"
        file.write_text(self.agent.linewarden("report", "rights.db", "--for", "diana", "--since", "1", "--html"))
        b.open(file.as_uri())
        check(len(here) > 3 and b.run(cells) == here, "the command's report has the same tables")
        check(is_pdf(b.print()), "and is printed")
        self.go("/page/report?for=diana&since=1")
        hidden = b.run(
            "return [...document.querySelectorAll('.top, nav, form')].length"
        )
        check(hidden > 0, "the page has what paper has not")

    def again(self, token):
        self.browser.devtools("Network.clearBrowserCookies")
        self.go("/page/login")
        self.browser.fill("#token", token)
        self.browser.click("button.main")

    def rules(self):
        """Every part by the rules of axe-core, in both languages, light and dark, wide and narrow."""
        b = self.browser
        # axe puts styles of its own into the page, which the page's policy forbids to all others.
        b.devtools("Page.setBypassCSP", enabled=True)
        for scheme, width, mobile in [("light", 1200, False), ("dark", 390, True)]:
            b.colours(scheme)
            b.size(width, 844, mobile)
            for part in PARTS:
                self.go(part)
                self.by_rules(f"{part} in {scheme}", width)
            if mobile:
                self.go("/page/pair?actor=rosa&target=martin&right=call.pickup")
                self.shoot("telephone")
        b.size(1200, 800)
        b.devtools("Page.setBypassCSP", enabled=False)
        b.colours("light")
        self.go("/page/picture?right=presence.status.read")
        self.shoot("company")

    def by_rules(self, what, width):
        """What the browser shows, by the rules of axe-core."""
        script = self.axe + "; const done = arguments[arguments.length - 1]; axe.run(document, {}).then(r => done(r.violations.map(" \
            "v => [v.id, v.impact, v.nodes.slice(0, 3).map(n => n.html)]).concat(r.passes.length > 10 ? [] : ['nothing was looked at'])), e => done([['failed', String(e), []]]));"
        found = self.browser.run_async(script)
        check(found == [], f"{what}, {width} wide" + (f": {found}" if found else ""))
        wide = self.browser.run("return document.documentElement.scrollWidth")
        check(wide <= width, f"{what} fits into {width}" + (f": {wide}" if wide > width else ""))

    def german(self):
        b = self.browser
        self.go("/page/pair?actor=rosa&target=martin&right=call.pickup")
        b.click("button[lang=de]")
        text = b.text()
        check("rosa darf nicht Anrufe heranholen – gegenüber martin" in text, "the same page in German")
        check("/page/pair" in b.address(), "the language leads back to where one was")
        self.shoot("warum")
        # What is the same in both languages is a name, a number, or said to be English.
        texts = """
            const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) {
                const text = walk.currentNode.textContent.trim();
                if (text.includes(' ') && /[a-z]{3}/.test(text) && !walk.currentNode.parentElement.closest('body [lang], code, pre, svg')) found.push(text);
            }
            return found"""
        known = (ROOT / "examples/companies/mixed.toml").read_text()
        for part in PARTS:
            self.go(part)
            check(b.run("return document.documentElement.lang") == "de", f"{part} is German")
            german = set(b.run(texts))
            b.click("button[lang=en]")
            # Revision is the same word in both.
            same = [text for text in german & set(b.run(texts)) if text not in known and not re.fullmatch(r"Revision \d+", text)]
            check(len(german) > 0 and same == [], f"{part} is German as a whole" + (f": {same}" if same else ""))
            b.click("button[lang=de]")
        b.click("button[lang=en]")

    def proxy(self, other):
        b = self.browser
        b.devtools("Network.clearBrowserCookies")
        b.devtools("Network.enable")
        b.devtools("Network.setExtraHTTPHeaders", headers={"x-remote-user": "alice"})
        self.go("/page/")
        check("My page" in b.text() and "alice" in b.text(), "the proxy's word lets in")
        b.devtools("Network.clearBrowserCookies")
        b.open(other.root + "/page/")
        check("only the proxy may say" in b.text(), "the same header from another address is refused")
        b.devtools("Network.setExtraHTTPHeaders", headers={})


    def by_socket(self, forwarded):
        """Login as the user of the system at the other end of the socket."""
        b = self.browser
        b.devtools("Network.clearBrowserCookies")
        b.open(f"http://localhost:{forwarded.port}/page/")
        check("/page/login" not in b.address() and "desk" in b.text(), "the socket says who it is")
        b.open(f"http://localhost:{forwarded.port}/page/history")
        check("Revision 1" in b.text(), "who administers by the socket sees the history")

    def provider(self, agent, provider):
        """Login at a provider of another site, and the end of both sessions."""
        b = self.browser
        b.devtools("Network.clearBrowserCookies")
        b.open(agent.root + "/page/")
        check("Log in with Brenner" in b.text(), "oidc: the login names the provider")
        self.shoot("provider")
        b.devtools("Page.setBypassCSP", enabled=True)
        for scheme in ("dark", "light"):
            b.colours(scheme)
            b.open(agent.root + "/page/login")
            self.by_rules(f"the login by a provider in {scheme}", 1200)
        b.devtools("Page.setBypassCSP", enabled=False)
        b.click('a[href="/page/login/oidc"]')
        self.wait(lambda: b.address().startswith(provider.issuer), "oidc: the browser is at the provider")
        b.fill("input[name=login]", "alice")
        b.fill("input[name=password]", "any")
        b.click("button[type=submit]")
        self.wait(lambda: "prompt=" in b.run("return document.body.innerHTML") or "consent" in b.run("return document.body.innerHTML"),
                  "oidc: the provider asks for consent")
        b.click("button[type=submit]")
        self.wait(lambda: b.address() == agent.root + "/page/", "oidc: the browser is back and on its own page")
        check("My page" in b.text() and "alice" in b.text(), "oidc: as the person that the provider names")
        check("code=" not in b.address(), "oidc: the code is not in the address")
        b.click("form[action='/page/logout'] button")
        self.wait(lambda: "You are logged out" in b.text(), "oidc: the page says that the provider's session goes on")
        b.open(agent.root + "/page/")
        check("/page/login" in b.address(), "oidc: the session has ended")


def proxy(address):
    return f'[page.proxy]\naddresses = ["{address}"]\nheader = "x-remote-user"\ndomain = "brenner.example"\n'


def with_provider(start, agent, command, folder, tools):
    """An agent whose people log in at a provider, and that provider; each has to know where the other is."""
    made = []

    def page(root):
        made.append(start(oidc.Provider, HERE, tools, folder, root + "/page/login/oidc/back"))
        return oidc.configuration(made[0].issuer, folder)

    return start(Agent, agent, command, folder, page), made[0]


def main():
    agent, command = (str(Path(path).resolve()) for path in sys.argv[1:3])
    pictures = Path(sys.argv[3]).resolve() if len(sys.argv) > 3 else None
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    tools = modules()
    with tempfile.TemporaryDirectory() as folder:
        folder, started = Path(folder), []

        def start(make, *arguments):
            started.append(make(*arguments))
            return started[-1]

        try:
            first = start(Agent, agent, command, folder, proxy("127.0.0.1"))
            second = start(Agent, agent, command, folder, proxy("10.1.2.3"))
            by_provider, provider = with_provider(start, agent, command, folder, tools)
            exchange = start(Exchange, folder / "rights.db", folder, "brenner.example")
            browser = start(Browser)
            browser.size(1200, 800)
            browser.colours("light")
            run = Run(browser, first, pictures, tools, exchange)
            run.login()
            run.search_and_why()
            run.change()
            run.by_form()
            run.picture()
            run.keyboard()
            run.paper()
            run.rules()
            run.german()
            run.proxy(second)
            run.by_socket(start(Forwarded, first.socket))
            oidc.attacks(by_provider.root, provider)
            run.provider(by_provider, provider)
            oidc.without_provider(by_provider.root, provider)
        finally:
            for each in reversed(started):
                each.end()
    print("all is well")


if __name__ == "__main__":
    main()
