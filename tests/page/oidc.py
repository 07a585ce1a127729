"""Login by OpenID Connect against a real provider, without a browser: who gets in, and every answer that an attacker could give instead."""

import http.cookiejar
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from webdriver import Failure, free_port


def check(is_so, what):
    if not is_so:
        raise Failure(what)
    print(f"ok  {what}")


class Provider:
    """oidc-provider on this machine. `spoil` says which lie its next tokens have."""

    def __init__(self, here, modules, folder, back):
        self.port = free_port()
        self.issuer = f"http://localhost:{self.port}"
        self.spoiled = folder / "spoiled"
        # Where its packages are.
        script = shutil.copy(here / "provider.mjs", modules)
        self.log = open(folder / "provider.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            ["node", script, str(self.port), back, str(self.spoiled)], stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        line = self.process.stdout.readline()
        if line.strip() != "ready":
            self.end()
            raise Failure(f"the provider does not start: {line}{(folder / 'provider.log').read_text()}")

    def spoil(self, word):
        self.spoiled.write_text(word)

    def end(self):
        if self.process.poll() is not None:
            return
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


def configuration(issuer, folder):
    """The tables of the agent's configuration."""
    secret = folder / "secret"
    secret.write_text("a secret: of both\n")
    return (
        f'[page.oidc]\nname = "Brenner"\nissuer = "{issuer}"\nclient_id = "linewarden"\nclient_secret_file = "{secret}"\n'
        'scopes = ["profile", "email", "groups"]\ndomain = "brenner.example"\ngroups = "groups"\nadministrators = ["pbx-admins"]\n'
    )


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Person:
    """A browser of one person: it keeps cookies, and goes from page to page by hand."""

    def __init__(self, agent):
        self.agent = agent
        self.cookies = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(rfc2965=False))
        self.opener = urllib.request.build_opener(Stay, urllib.request.HTTPCookieProcessor(self.cookies))

    def ask(self, address, form=None):
        """The status of an answer, where it leads, and its text."""
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            answer = self.opener.open(urllib.request.Request(address, data), timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            to = answer.headers.get("Location")
            return answer.status, urllib.parse.urljoin(address, to) if to else None, answer.read().decode()

    def to_provider(self):
        """Where the page sends a browser that wants to log in."""
        status, to, text = self.ask(self.agent + "/page/login/oidc")
        if status != 303:
            raise Failure(f"the login does not begin: {status} {text}")
        return to

    def at_provider(self, login, address):
        """Where the provider sends a browser back to when this person has logged in there."""
        for _ in range(20):
            if address.startswith(self.agent):
                return address
            status, to, text = self.ask(address)
            if to is None:
                prompt = re.search(r'name="prompt" value="(\w+)"', text)
                action = re.search(r'action="([^"]+)"', text)
                if not prompt or not action:
                    raise Failure(f"the provider: {status} {address} {text}")
                form = {"prompt": prompt.group(1), "login": login, "password": "any"}
                _, to, text = self.ask(urllib.parse.urljoin(address, action.group(1)), form)
            address = to
        raise Failure("the provider leads nowhere")

    def log_in(self, login):
        """The page at the end of a login."""
        return self.ask(self.at_provider(login, self.to_provider()))

    def is_in(self):
        return self.ask(self.agent + "/page/")[0] == 200


def attacks(agent, provider):
    person = Person(agent)
    status, _, text = person.log_in("alice")
    check(status == 200 and "You are logged in" in text and person.is_in(), "oidc: who the provider names is logged in")
    check("alice" in person.ask(agent + "/page/")[2] and person.ask(agent + "/page/history")[0] == 403, "oidc: as a user")
    person = Person(agent)
    person.log_in("root")
    check(person.ask(agent + "/page/history")[0] == 200, "oidc: a member of the listed group administers")
    for login, why in [("mallory", "not known here"), ("100", "not known here"), ("Alice", "not known here")]:
        person = Person(agent)
        status, _, text = person.log_in(login)
        check(status == 403 and why in text and not person.is_in(), f"oidc: {login} is refused")

    for word, why in [
        ("nonce", "it answers another login"),
        ("no nonce", "it answers another login"),
        ("audience", "audience"),
        ("issuer", "issuer"),
        ("expired", "time is wrong"),
        ("another key", "signature"),
        ("signature", "signature"),
        ("another person", "signature"),
        ("none", "proves anything"),
        ("public key", "proves anything"),
    ]:
        provider.spoil(word)
        person = Person(agent)
        status, _, text = person.log_in("alice")
        check(status == 403 and why in text and not person.is_in(), f"oidc: refused with a wrong token ({word})")
    provider.spoil("")

    # The state of another browser: an attacker who makes someone log in as the attacker.
    attacker, person = Person(agent), Person(agent)
    back = attacker.at_provider("root", attacker.to_provider())
    person.to_provider()
    status, _, text = person.ask(back)
    check(status == 403 and "not begun in this browser" in text and not person.is_in(), "oidc: the code of another browser is refused")
    status, _, text = Person(agent).ask(back)
    check(status == 403 and "not begun in this browser" in text, "oidc: and in a browser that began nothing")

    # The same address a second time, with the cookie that the service has taken away.
    person = Person(agent)
    back = person.at_provider("alice", person.to_provider())
    cookies = list(person.cookies)
    check(person.ask(back)[0] == 200, "oidc: an address lets in once")
    again = Person(agent)
    for cookie in cookies:
        if cookie.name == "linewarden_oidc":
            again.cookies.set_cookie(cookie)
    status, _, text = again.ask(back)
    check(status == 403 and "was used" in text and not again.is_in(), "oidc: a state that was used is refused")

    # Parts of the answer of another provider, and none.
    for change, why in [
        (lambda back: re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", back), "another login service"),
        (lambda back: re.sub(r"&iss=[^&]+", "", back), "another login service"),
        (lambda back: re.sub(r"state=[^&]+", "state=" + "0" * 64, back), "not begun in this browser"),
        (lambda back: re.sub(r"code=[^&]+", "code=wrong", back), "invalid_grant"),
        (lambda back: back + "&code=second", "stands twice"),
        (lambda back: back.split("?")[0] + "?error=access_denied", "access_denied"),
        (lambda back: back.split("?")[0] + "?error=%3Cscript%3E", "&lt;script&gt;"),
        (lambda back: back.split("?")[0], "not begun in this browser"),
    ]:
        person = Person(agent)
        back = change(person.at_provider("alice", person.to_provider()))
        status, _, text = person.ask(back)
        check(status in (400, 403) and why in text and not person.is_in(), f"oidc: refused: {why}")


def without_provider(agent, provider):
    """The provider ends in the middle of a login: a page says so, and other logins go on."""
    person = Person(agent)
    back = person.at_provider("alice", person.to_provider())
    provider.end()
    status, _, text = person.ask(back)
    check(status == 502 and "the login service" in text and not person.is_in(), "oidc: a provider that does not answer is named")
    check(person.ask(agent + "/page/login")[0] == 200, "oidc: other logins go on")
