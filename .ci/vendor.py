"""Copy what pages use of other people's browser libraries to ``static/vendor/``; the result is committed.

Run as ``make vendor`` after a change of ``package.json``. Node is needed for this alone. Each package comes to
``static/vendor/<name>-<version>/`` with its licence; ``manifest.json`` beside them has the SHA-256 of every file, which a test
holds against the files. Nothing of a package is run, no file is bundled or minified here.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
LOCK = ROOT / "package-lock.json"
# A map that is not shipped: the static storage would look for it and refuse to collect.
SOURCE_MAP = re.compile(rb"^//[#@] sourceMappingURL=.*\n?", re.MULTILINE)
SCRIPTS = {".js", ".mjs"}


@dataclass(frozen=True)
class Package:
    """Which files of a package pages use (globs below its folder), with their licences."""

    name: str
    why: str
    files: tuple[str, ...]
    licences: tuple[str, ...] = ("LICENSE*",)

    def folder(self, version: str) -> str:
        """Where a version of it lies below ``static/vendor/``."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{version}"


PACKAGES = (
    Package("hls.js", "HLS where the browser does not play it itself", ("dist/hls.light.min.mjs",)),
    Package(
        "jsqr",
        "QR codes where the browser has no BarcodeDetector; plain script, the policy allows no wasm",
        ("dist/jsQR.js",),
    ),
    Package(
        "scorm-again",
        "the run-time interface of SCORM 1.2 and 2004",
        ("dist/scorm12.min.js", "dist/scorm2004.min.js"),
    ),
    Package(
        "pdfjs-dist",
        "PDF on the page; the build for older phones, what Chinese PDFs without embedded fonts need, and scans",
        (
            "legacy/build/pdf.min.mjs",
            "legacy/build/pdf.worker.min.mjs",
            *(f"cmaps/{name}*.bcmap" for name in ("Adobe-GB1", "Adobe-CNS1", "GB", "UniGB", "UniCNS", "B5pc", "ETen")),
            "wasm/jbig2.wasm",
            "wasm/openjpeg.wasm",
            "wasm/openjpeg_nowasm_fallback.js",
        ),
        ("LICENSE", "cmaps/LICENSE", "wasm/LICENSE_*JBIG2", "wasm/LICENSE_*OPENJPEG"),
    ),
)


def locked_versions() -> dict[str, tuple[str, str]]:
    """Version and licence of every package that the lock names."""
    packages = json.loads(LOCK.read_text())["packages"]
    return {
        path.removeprefix("node_modules/"): (facts["version"], facts.get("license", ""))
        for path, facts in packages.items()
        if path.count("node_modules/") == 1
    }


def lock() -> None:
    """Bring the lock up to date with ``package.json``, without an address: npm keeps those of sponsors."""
    subprocess.run(["npm", "install", "--package-lock-only"], cwd=ROOT, check=True)
    data = json.loads(LOCK.read_text())
    for facts in data["packages"].values():
        facts.pop("funding", None)
    LOCK.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def install(folder: Path) -> Path:
    """Fetch what the lock names into ``folder``, hashes checked, nothing run."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, folder)
    subprocess.run(["npm", "ci"], cwd=folder, check=True)
    return folder / "node_modules"


def copied(source: Path, package: Package) -> bytes:
    """A file as it is shipped."""
    content = source.read_bytes()
    if source.suffix in SCRIPTS:
        content = SOURCE_MAP.sub(b"", content)
    return content


def vendor(package: Package, version: str, modules: Path) -> dict[str, str]:
    """Copy one package; returns the SHA-256 of each file by its path in the package. Raises SystemExit for a glob of nothing."""
    target = VENDOR / package.folder(version)
    if target.exists():
        shutil.rmtree(target)
    digests: dict[str, str] = {}
    for pattern in (*package.licences, *package.files):
        found = sorted((modules / package.name).glob(pattern))
        if not found:
            raise SystemExit(f"{package.name} has no {pattern}")
        for source in found:
            name = source.relative_to(modules / package.name).as_posix()
            content = copied(source, package)
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(content)
            digests[name] = hashlib.sha256(content).hexdigest()
    return digests


def forget_old_versions(kept: set[str]) -> None:
    """Remove the folders of versions that the manifest had named and no page uses any more."""
    if MANIFEST.exists():
        for one in json.loads(MANIFEST.read_text())["packages"]:
            if one["folder"] not in kept:
                shutil.rmtree(VENDOR / one["folder"], ignore_errors=True)


def main() -> None:
    lock()
    versions = locked_versions()
    forget_old_versions({one.folder(versions[one.name][0]) for one in PACKAGES})
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        modules = install(Path(folder))
        for package in PACKAGES:
            version, licence = versions[package.name]
            files = vendor(package, version, modules)
            row = {"name": package.name, "version": version, "licence": licence, "why": package.why}
            rows.append({**row, "folder": package.folder(version), "files": files})
    MANIFEST.write_text(json.dumps({"packages": rows}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
