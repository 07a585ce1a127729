"""A private Asterisk on 127.0.0.1 and a connection to its manager interface. No check is made here.

Nothing of the machine's own Asterisk is touched: every folder is below the one given, every process is ended by its number,
and every wait has an end. The ends are far away: they are for what has gone wrong, not for how fast a machine is.
"""

import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import textwrap
import threading
import time

from phones import PATIENCE, Failure, Phone, Ua, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
INTEGRATION = os.path.join(ROOT, "integrations", "asterisk")

MODULES = """app_stasis res_ari_events res_ari_applications res_ari_bridges res_ari_endpoints res_ari_device_states res_stasis_device_state
app_chanspy app_channelredirect app_mixmonitor bridge_holding format_wav res_parking
app_db app_dial app_followme app_playtones app_queue app_directed_pickup app_echo app_exec app_playback app_read app_stack app_userevent app_verbose
bridge_builtin_features bridge_native_rtp bridge_simple bridge_softmix chan_pjsip codec_a_mu codec_alaw codec_ulaw format_pcm
func_callerid func_channel func_cut func_db func_pjsip_contact func_devstate func_dialplan func_extstate func_global func_hangupcause func_logic
func_pjsip_aor func_pjsip_endpoint func_presencestate func_strings pbx_config res_clioriginate res_crypto res_features
res_http_websocket res_manager_devicestate res_mutestream res_pjproject res_pjsip res_pjsip_acl res_pjsip_authenticator_digest res_pjsip_caller_id
res_pjsip_dialog_info_body_generator res_pjsip_diversion res_pjsip_dlg_options res_pjsip_dtmf_info
res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user res_pjsip_exten_state res_pjsip_header_funcs
res_pjsip_logger res_pjsip_messaging res_pjsip_mwi res_pjsip_mwi_body_generator res_pjsip_nat res_pjsip_outbound_publish res_pjsip_pidf_body_generator res_pjsip_pubsub res_pjsip_refer
res_pjsip_registrar res_pjsip_rfc3326 res_pjsip_sdp_rtp res_pjsip_session res_pjsip_xpidf_body_generator res_rtp_asterisk
res_security_log res_sorcery_astdb res_sorcery_config res_sorcery_memory res_stasis res_statsd res_timing_pthread
res_timing_timerfd pbx_ael res_ael_share pbx_lua res_speech res_agi res_ari res_ari_asterisk res_ari_channels res_ari_model
res_stasis_answer res_websocket_client res_stasis_playback res_stasis_recording res_stasis_snoop""".split()

# Telephone, company, what it is called there, and what its owner calls themself. A location has no owner.
PHONES = [
    ("acme-100", "acme", "100", "Alice"), ("acme-110", "acme", "110", "Bob"), ("acme-120", "acme", "120", "Carol"),
    ("acme-130", "acme", "130", "Dave"), ("acme-140", "acme", "140", "Erin"), ("acme-desk7", "acme", None, "Desk"),
    ("beta-100", "beta", "100", "Zoe"), ("beta-110", "beta", "110", "Yuri"), ("trunk", None, None, "Trunk"),
    ("acme-101", "acme", "101", "Alice"),
    ("haus-200", "haus", "200", "Anna"), ("haus-210", "haus", "210", "Ben"), ("haus-230", "haus", "230", "Dirk"),
    ("haus-240", "haus", "240", "Emil"), ("haus-250", "haus", "250", "Udo"), ("haus-260", "haus", "260", "Ute"),
    ("haus-270", "haus", "270", "Anne"), ("haus-280", "haus", "280", "Frieda"), ("haus-290", "haus", "290", "Gust"),
    ("haus-220", "haus", "220", "Carl"), ("outside", None, None, "Outside"),
    ("haus-desk240", "haus", None, "Desk"), ("haus-deska", "haus", None, "Desk"), ("haus-deskb", "haus", None, "Desk"),
    # Another telephone of Dirk's, whose name begins as Anna's does, and which has no `callerid`.
    ("haus-200-b", "haus", "230", None),
]
# Trunks, and where their calls come in.
TRUNKS = {"trunk": "acme-inbound", "outside": "haus-inbound"}
# Whose partner changes by UPDATE where the telephone takes it; the others' by re-INVITE.
UPDATED = ("haus-210", "haus-250")
# Where those telephones stand that have no owner.
LOCATIONS = {"acme-desk7": "desk-7", "haus-desk240": "desk240", "haus-deska": "desk-a", "haus-deskb": "desk-b"}


def write(path, text):
    """Whole or not at all: an Asterisk may be reading."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + ".new", path)


def listens(port):
    """Whether something listens on 127.0.0.1 at that UDP port."""
    with open("/proc/net/udp", encoding="ascii") as file:
        return f" 0100007F:{port:04X} " in file.read()


FOLLOW_ME = """[general]
[anna]
context => haus-agents
number => 210,30
number => 240,30
"""


def sample():
    with open(os.path.join(INTEGRATION, "extensions.conf.sample"), encoding="utf-8") as file:
        return file.read()


def blocks():
    """The blocks of the README: lines to be pasted, and few that show what comes out."""
    with open(os.path.join(INTEGRATION, "README.md"), encoding="utf-8") as file:
        found = re.findall(r"\n\n((?: {4}.*\n|\n(?= {4}))+)", file.read())
    return [text for text in map(textwrap.dedent, found) for text in re.split(r"\n\n", text)]


def readme(begins):
    """The lines of the README to be pasted that begin so."""
    found = [text for text in blocks() if text.startswith(begins)]
    if len(found) != 1:
        raise Failure(f"{len(found)} blocks of the README begin with `{begins}`")
    return re.sub(r" *[;#] .*$", "", found[0].rstrip("\n"), flags=re.MULTILINE) + "\n"


def queues():
    """The README's queue for two teams of haus, ringing all and one after another; what Asterisk would wait for is shorter."""
    ringall = readme("[acme-610]").replace("acme-610", "haus-611").replace("acme", "haus")
    for number, ours in (("100", "250"), ("110", "260")):
        ringall = ringall.replace(f"/{number}@", f"/{ours}@").replace(f"-{number}", f"-{ours}")
    ringall += "timeout = 60\nretry = 1\nringinuse = yes\njoinempty = yes\n"
    return "[general]\n" + ringall + ringall.replace("haus-611", "haus-612").replace("ringall", "rrmemory")


def stasis():
    """The extension that the Stasis example names in its head."""
    with open(os.path.join(INTEGRATION, "examples", "stasis.py"), encoding="utf-8") as file:
        return textwrap.dedent(re.search(r"((?: {4,5}(?:exten|same).*\n)+)", file.read()).group(1))


def company(name):
    """The sample's contexts of one company, written for another one, as an administrator would."""
    part = re.search(r"^; ---- One company.*?(?=^; ---- )", sample(), re.MULTILINE | re.DOTALL).group(0)
    return part.replace("acme", name).replace("ACME", name.upper())


class Build:
    """An Asterisk that is installed, and the module built for it."""

    def __init__(self, major):
        self.major = major
        if major == 16:
            self.command, self.include, root = "asterisk", "/usr/include", ""
        else:
            root = os.environ.get("LW_ASTERISK_22", os.path.join(ROOT, "target", "peers", "asterisk-22"))
            self.command, self.include = os.path.join(root, "asterisk"), root + "/usr/include"
        places = glob.glob(root + "/usr/lib/*/asterisk/modules/chan_pjsip.so") if root else []
        self.modules = os.path.dirname(places[0]) if places else root + "/usr/lib/asterisk/modules"
        self.data = root + "/usr/share/asterisk"
        try:
            version = subprocess.run([self.command, "-V"], capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
        except OSError as error:
            raise Failure(f"Asterisk {major} is missing ({error}): run tests/asterisk/install.sh") from None
        if not version.startswith(f"Asterisk {major}."):
            raise Failure(f"Asterisk {major} is missing, found `{version.strip()}`: run tests/asterisk/install.sh")
        self.version = version.strip()

    def module(self, out, *flags):
        """Builds the module as its Makefile does."""
        library = os.environ.get("LW_LIB", os.path.join(ROOT, "target", "checked"))
        os.makedirs(out, exist_ok=True)
        so_name = os.path.join(library, "liblinewarden.so.1")
        if not os.path.exists(so_name):
            os.symlink("liblinewarden.so", so_name)
        command = ["make", "-s", "-C", INTEGRATION, "all", f"OUT={out}", f"ASTERISK_INCLUDE={self.include}",
                   f"LINEWARDEN_LIB={library}", f"RPATH={library}", *flags]
        done = subprocess.run(command, capture_output=True, text=True, timeout=5 * PATIENCE)
        if done.returncode or done.stderr.strip():
            raise Failure(f"the module does not build cleanly for Asterisk {self.major}:\n{done.stderr}")
        return os.path.join(out, "res_linewarden.so")


class Pbx:
    """One private Asterisk."""

    def __init__(self, build, folder, base, documents):
        self.build, self.base, self.dir = build, base, folder
        self.sip, self.ami_port = base + 60, base + 50
        self.process = None
        self.phones = []
        shutil.rmtree(folder, ignore_errors=True)
        for name in "etc mod var db keys spool run log/cdr-csv log/cdr-custom agi data documents phones build".split():
            os.makedirs(os.path.join(folder, name))
        for document in documents:
            shutil.copy(document, os.path.join(folder, "documents"))
        # Built here, or unpacked from a package.
        packaged = os.environ.get("LW_MODULE")
        if packaged:
            self.module = os.path.join(packaged, "res_linewarden.so")
            shutil.copy(os.path.join(packaged, "linewarden-en_US.xml"), os.path.join(folder, "build"))
        else:
            self.module = self.built(os.path.join(folder, "build"))
        self.lay_out()

    def built(self, out):
        return self.build.module(out)

    def etc(self, name, text):
        write(os.path.join(self.dir, "etc", name), text)

    def document(self, name):
        return os.path.join(self.dir, "documents", name)

    def lay_out(self):
        d = self.dir
        # asterisk's data, with our documentation among it
        for entry in os.listdir(self.build.data):
            if entry not in ("documentation", "sounds"):
                os.symlink(os.path.join(self.build.data, entry), os.path.join(d, "data", entry))
        # Packages of sounds are large, and what a transfer by keypad says is not listened to.
        sounds = os.path.join(d, "data", "sounds", "en")
        os.makedirs(sounds)
        for name in ("pbx-transfer", "beep", "beeperr", "pbx-invalid"):
            with open(os.path.join(sounds, name + ".ulaw"), "wb") as file:
                file.write(400 * b"\xff")
        documentation = os.path.join(d, "data", "documentation")
        os.makedirs(os.path.join(documentation, "thirdparty"))
        for entry in os.listdir(os.path.join(self.build.data, "documentation")):
            if entry != "thirdparty":
                os.symlink(os.path.join(self.build.data, "documentation", entry), os.path.join(documentation, entry))
        shutil.copy(os.path.join(d, "build", "linewarden-en_US.xml"), os.path.join(documentation, "thirdparty"))
        for module in MODULES:
            path = os.path.join(self.build.modules, module + ".so")
            if os.path.exists(path):
                os.symlink(path, os.path.join(d, "mod", module + ".so"))
        self.use_module(self.module)

        self.etc("asterisk.conf", f"""[directories]
astetcdir => {d}/etc
astmoddir => {d}/mod
astvarlibdir => {d}/var
astdbdir => {d}/db
astkeydir => {d}/keys
astdatadir => {d}/data
astagidir => {d}/agi
astspooldir => {d}/spool
astrundir => {d}/run
astlogdir => {d}/log
[options]
verbose = 4
[files]
astctlpermissions = 0660
""")
        # Built here it stands beside; the one of a package is where Asterisk finds it.
        os.symlink(os.path.join(os.path.dirname(self.module), "res_linewarden_pjsip.so"), os.path.join(d, "mod", "res_linewarden_pjsip.so"))
        self.etc("modules.conf", "[modules]\nautoload = yes\n")
        self.etc("logger.conf", "[general]\ndateformat=%F %T.%3q\n[logfiles]\nfull => notice,warning,error,verbose\n")
        self.etc("features.conf", "[general]\npickupexten =\n")
        media = 13000 + 500 * (self.base // 1000 - 15)
        self.etc("rtp.conf", f"[general]\nrtpstart={media}\nrtpend={media + 498}\n")
        self.etc("manager.conf", f"""[general]
enabled = yes
bindaddr = 127.0.0.1
port = {self.ami_port}
[test]
secret = test
read = all
write = all
""" + readme("[tapi]").replace("CHANGE-ME", "tapi"))
        self.etc("queues.conf", queues())
        self.etc("followme.conf", FOLLOW_ME)
        self.parking = readme("[general]                           ; res_parking.conf")
        self.etc("res_parking.conf", self.parking)
        for name in "acl cdr cel pjproject udptl statsd ccss dnsmgr enum indications sorcery".split():
            self.etc(name + ".conf", "")
        self.etc("http.conf", f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\nbindport = {self.base + 40}\n")
        self.etc("ari.conf", "[general]\nenabled = yes\n[test]\ntype = user\npassword = test\n")
        examples = os.path.join(INTEGRATION, "examples")
        for name in ("extensions.ael", "extensions.lua"):
            shutil.copy(os.path.join(examples, name), os.path.join(d, "etc"))
        shutil.copy(os.path.join(examples, "may_pick_up.agi"), os.path.join(d, "agi"))
        self.settings = f"[general]\nsource = {d}/documents\n"
        self.etc("linewarden.conf", self.settings)
        self.etc("pjsip.conf", self.pjsip())
        self.etc("extensions_linewarden.conf", sample())
        self.etc("extensions_haus.conf", company("haus"))
        self.etc("extensions_extra.conf", "")
        self.etc("extensions.conf", self.extensions())

    def pjsip(self):
        text = f"""[global]
type=global
endpoint_identifier_order=username,ip
[lo]
type=transport
protocol=udp
bind=127.0.0.1:{self.sip}
[phone](!)
type=endpoint
transport=lo
disallow=all
allow=ulaw
direct_media=no
send_pai=yes
send_rpid=yes
send_connected_line=yes
trust_id_outbound=no
rtp_symmetric=no
dtmf_mode=info
device_state_busy_at=2
notify_early_inuse_ringing=yes
named_call_group=g1
named_pickup_group=g1
"""
        for name, company, number, who in PHONES:
            text += f"[{name}](phone)\naors={name}\n"
            if company:
                text += f"context={company}-phones\nset_var=LINEWARDEN_DOMAIN={company}.example\nset_var=LW_COMPANY={company}\nset_var=TRANSFER_CONTEXT={company}-transfers\n"
            if number:
                text += f'callerid="{who}" <{number}>\n' if who else ""
                text += f'set_var=LINEWARDEN_ACTOR={number}\nsubscribe_context=blf-{name}\n'
            elif company:
                # As the README has it, the place apart; what it says a second time is the same.
                text += readme("set_var=LINEWARDEN_DOMAIN=acme.example\nset_var=LINEWARDEN_LOCATION").replace("acme", company).replace(
                    "desk-7", LOCATIONS[name])
            else:
                text += f"context={TRUNKS[name]}\ntrust_id_inbound=yes\n"
            text += f"[{name}]\ntype=aor\ncontact=sip:{name}@127.0.0.1:{self.port(name)}\nqualify_frequency=0\n"
            if name in UPDATED:
                text = text.replace(f"[{name}](phone)\n", f"[{name}](phone)\nconnected_line_method=update\n")
            if name == "haus-220":
                # A telephone and a softphone on one account.
                text += f"contact=sip:{name}@127.0.0.1:{self.second_port()}\n"
            if name == "haus-290":
                # A telephone that registers, too.
                text += "max_contacts=2\n"
        return text

    def extensions(self):
        many = 40 * "${LINEWARDEN(call.pickup,acme.example/dave,acme.example/alice)}"
        text = """#include extensions_linewarden.conf
#include extensions_haus.conf
#include extensions_extra.conf

[acme-people](+)
; What was dialled, unfiltered.
exten => _598.,1,Set(LW_OK=${LINEWARDEN(call.pickup,130,${EXTEN})})
 same => n,Hangup(21)

exten => _700X.,1,Goto(linewarden-ael,${EXTEN},1)
exten => _701X.,1,Goto(linewarden-lua,${EXTEN},1)
@STASIS@exten => _702X.,1,AGI(may_pick_up.agi,${FILTER(0-9,${EXTEN:3})})
 same => n,Hangup()

; Many refusals at once.
exten => 597,1,Set(GLOBAL(MANY)=@MANY@)

[beta-phones]
include => linewarden-emergency
include => linewarden-codes
include => beta-people
[beta-people]
; A dialplan that lets a channel ask for another company.
exten => 599,1,Set(GLOBAL(TIED)=${LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)})
 same => n,Set(GLOBAL(TIED)=${TIED}${LINEWARDEN(call.pickup,bob,alice,,acme.example)})
 same => n,Set(GLOBAL(TIED)=${TIED}${LINEWARDEN(call.pickup,sip:x@y.example,acme.example/alice)})
 same => n,Set(GLOBAL(TIED)=${TIED}${LINEWARDEN_RIGHTS(acme.example/bob,acme.example/alice)})
 same => n,Set(GLOBAL(TIED)=${TIED}${LINEWARDEN_DIAL(acme.example/bob,*8100)})
 same => n,Set(GLOBAL(TIED)=${TIED}${LINEWARDEN_PARTY(100,acme.example)}${LINEWARDEN_PARTY(acme.example/100)})
 same => n,Set(GLOBAL(TIED)=${TIED}${LINEWARDEN_PICKUP_TARGETS(acme.example/bob)})
 same => n,Set(GLOBAL(TIED)=${TIED} ${LINEWARDEN(call.pickup,110,100)}${LINEWARDEN(call.pickup,beta.example/110,zoe,,beta.example)})
 same => n,Hangup(21)
exten => _[1-5]XX,1,Goto(linewarden-call,${EXTEN},1)
""".replace("@MANY@", many).replace("@STASIS@", stasis())
        for name, company, number, _ in PHONES:
            if number and name not in ("acme-110", "haus-110", "haus-200-b"):
                text += f"""[blf-{name}]
exten => _[1-5]XX,hint,Linewarden:{company}.example|{number}|${{EXTEN}}|PJSIP|{company}-${{EXTEN}}
"""
        return text

    def port(self, name):
        return self.base + 100 + 3 * [phone[0] for phone in PHONES].index(name)

    def second_port(self):
        return self.base + 196

    def use_module(self, path):
        place = os.path.join(self.dir, "mod", "res_linewarden.so")
        if os.path.lexists(place):
            os.unlink(place)
        os.symlink(path, place)

    def start(self):
        out = open(os.path.join(self.dir, "run", "stdout"), "ab")
        self.process = subprocess.Popen(
            [self.build.command, "-C", os.path.join(self.dir, "etc", "asterisk.conf"), "-f", "-n"],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.ami = wait_for("the manager interface", self.connect)
        # A "stop now" that comes while Asterisk still starts is lost, and it never ends.
        self.ami.wait("the end of the start", lambda event: event["Event"] == "FullyBooted")
        self.console("core waitfullybooted")
        time.sleep(0.2)
        return self

    def connect(self):
        if self.process.poll() is not None:
            raise Failure(f"Asterisk {self.build.major} ended at its start with {self.process.returncode}")
        try:
            return Ami(self.ami_port)
        except OSError:
            return None

    def stop(self):
        """What Asterisk says of its end; a crash is a failure of the caller's."""
        for phone in self.phones:
            phone.end()
        if not self.process:
            return 0
        if self.process.poll() is None:
            try:
                self.ami.send("Command", Command="core stop now")
                self.process.wait(PATIENCE)
            except (OSError, subprocess.TimeoutExpired, Failure):
                self.process.send_signal(signal.SIGKILL)
                self.process.wait(10)
                return -9
        return self.process.returncode

    def cli(self, command):
        # The manager interface does not take these.
        return self.console(command) if command.startswith(("module load", "module unload")) else self.ami.cli(command)

    def console(self, command):
        """The same by the console, which is a process of its own."""
        return subprocess.run([self.build.command, "-C", os.path.join(self.dir, "etc", "asterisk.conf"), "-rx", command],
                              capture_output=True, text=True, timeout=PATIENCE).stdout

    def get(self, expression):
        """A dialplan function's value."""
        return self.ami.action("Getvar", Variable=expression).get("Value", "")

    def log(self):
        with open(os.path.join(self.dir, "log", "full"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def phone(self, name, scenario, to="", **options):
        phone = Phone(self, name, scenario, to, **options)
        self.phones.append(phone)
        return phone

    def ua(self, name, port=None):
        """A telephone that makes and takes several calls."""
        ua = Ua(name, port or self.port(name), self.sip, log=os.path.join(self.dir, "phones", f"{len(self.phones):03}-{name}.msg"))
        self.phones.append(ua)
        return ua

    def quiet(self):
        """Waits until no call is left, so that the next test begins with none."""
        wait_for("all calls to end", lambda: "0 active channels" in self.cli("core show channels count"))


class Ami:
    """The manager interface: actions with their answers, and events as they come."""

    def __init__(self, port, account="test"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.settimeout(None)
        self.lock = threading.Lock()
        self.answers, self.events, self.closed = {}, [], False
        self.count = 0
        self.news = threading.Condition()
        self.file = self.socket.makefile("rb")
        self.file.readline()
        threading.Thread(target=self.read, daemon=True).start()
        self.action("Login", Username=account, Secret=account)

    def read(self):
        packet = {}
        try:
            for raw in self.file:
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                if line:
                    key, _, value = line.partition(": ")
                    packet[key] = packet[key] + "\n" + value if key in packet else value
                    continue
                with self.news:
                    if "Response" in packet and "ActionID" in packet:
                        self.answers[packet["ActionID"]] = packet
                    elif "Event" in packet:
                        self.events.append(packet)
                    self.news.notify_all()
                packet = {}
        except (OSError, ValueError):
            pass
        with self.news:
            self.closed = True
            self.news.notify_all()

    def send(self, action, **fields):
        with self.lock:
            self.count += 1
            number = str(self.count)
            text = f"Action: {action}\r\nActionID: {number}\r\n"
            text += "".join(f"{key}: {value}\r\n" for key, value in fields.items())
            self.socket.sendall((text + "\r\n").encode())
        return number

    def action(self, action, **fields):
        number = self.send(action, **fields)
        with self.news:
            if not self.news.wait_for(lambda: number in self.answers or self.closed, PATIENCE) or number not in self.answers:
                raise Failure(f"no answer to {action} {fields}")
            return self.answers.pop(number)

    def cli(self, command):
        return self.action("Command", Command=command).get("Output", "")

    def mark(self):
        return len(self.events)

    def wait(self, what, condition, since=0, seconds=PATIENCE):
        """The first event since a mark that fits."""
        fits = lambda: next((event for event in self.events[since:] if condition(event)), None)
        with self.news:
            if not self.news.wait_for(fits, seconds):
                raise Failure(f"waited {seconds:g} s for the event: {what}")
            return fits()
