"""Every test, on SQLite and on PostgreSQL, with the browser and the database server that it needs.

A test that cannot run fails: what is missing is installed (Debian, Ubuntu) or the run ends with the reason.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

PACKAGES = {
    "chromium": "chromium",
    "initdb": "postgresql",
    "font": "fonts-noto-cjk",
    "office": "libreoffice-calc-nogui",  # opens and prints what is exported
}
WORKERS = os.environ.get("WORKERS", "2")


def initdb() -> str | None:
    """The newest PostgreSQL on the machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return str(found[-1]) if found else shutil.which("initdb")


def missing() -> list[str]:
    """The system packages that are not there."""
    there = {
        "chromium": shutil.which("chromium") or shutil.which("google-chrome"),
        "initdb": initdb(),
        "office": shutil.which("soffice"),
        "font": any(Path("/usr/share/fonts").glob("**/NotoSansCJK*")),
    }
    return [package for name, package in PACKAGES.items() if not there[name]]


def install(packages: list[str]) -> None:
    """Install system packages, or say what to install by hand."""
    if not shutil.which("apt-get"):
        sys.exit(f"install these first: {' '.join(packages)}")
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    print("installing", *packages, "…", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        done = subprocess.run([*sudo, "apt-get", *command], env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"apt-get {command[0]} failed: install {' '.join(packages)} by hand\n{done.stderr[-2000:]}")


@contextmanager
def postgresql() -> Iterator[str]:
    """A server of our own in a folder of its own, reached over its socket; yields its DATABASE_URL."""
    program = initdb()
    assert program, "PostgreSQL was installed above"
    with tempfile.TemporaryDirectory(prefix="xx-pg-") as folder:
        owner: dict[str, object] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
            owner = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        data = f"{folder}/data"
        run = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder, **owner}
        subprocess.run([program, "-D", data, "-U", "xiangxue", "-A", "trust", "-E", "UTF8", "--no-sync"], **run)
        control = str(Path(program).with_name("pg_ctl"))
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        subprocess.run([control, "-D", data, "-w", "-o", options, "-l", f"{folder}/log", "start"], **run)
        try:
            yield f"postgres://xiangxue@/{folder}/postgres"  # a path with a second slash names the socket's folder
        finally:
            subprocess.run([control, "-D", data, "-m", "immediate", "stop"], **run)


def pytest(title: str, *arguments: str, **environment: str) -> tuple[int, list[str]]:
    """One run of the suite; returns its exit code and what failed."""
    print(f"\n== {title} ==", flush=True)
    with tempfile.TemporaryDirectory(prefix="xx-data-") as data:
        report = f"{data}/report.xml"
        options = ["-q", "-n", WORKERS, f"--junitxml={report}"]
        command = [sys.executable, "-m", "pytest", *options, *arguments, *sys.argv[1:]]
        code = subprocess.run(command, env={**os.environ, "XIANGXUE_DATA": data, **environment}).returncode
        return code, list(failed(title, report))


def failed(title: str, report: str) -> Iterator[str]:
    """What went wrong in a run: its name and the first line of why, then the end of what it printed."""
    if not Path(report).exists():
        yield f"{title}: ended before its report"
        return
    for case in ElementTree.parse(report).iter("testcase"):
        for problem in (*case.iter("failure"), *case.iter("error")):
            reason, told = problem.get("message", ""), (problem.text or "").strip()
            yield f"{title}: {case.get('classname')}.{case.get('name')}: {reason[:300]}\n{told[-1500:]}\n"


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server of the tests is stopped, too
    wanted = missing()
    if wanted:
        install(wanted)
    runs = [pytest("SQLite, browser included", "-m", "not postgres", DATABASE_URL="")]
    with postgresql() as address:
        marked = "not browser and not embedded and not once"
        runs.append(pytest("PostgreSQL, races included", "-m", marked, DATABASE_URL=address))
    for problem in [one for _code, problems in runs for one in problems]:
        print(problem)  # last of all, for whoever sees only the end of a long output
    return max(code for code, _problems in runs)


if __name__ == "__main__":
    sys.exit(main())
