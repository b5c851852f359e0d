"""How many seeded faults in the rules the tests find: ``make mutation``. Its last line is the score, ``NN.N %``.

Only the modules of tests that pyproject.toml names and in them tests that need no database take part, so that a thousand faults cost minutes. Every fault that nobody finds is printed
with what it changes; docs/mutation.md says of each that is known why it stands.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "mutants"
MUTMUT = Path(sys.executable).with_name("mutmut")
FOUND = ("killed", "timeout", "segfault")


def mutmut(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run mutmut on the repository, with a data folder that nobody else has."""
    with tempfile.TemporaryDirectory(prefix="xx-mutation-") as data:
        environment = {"PATH": "/usr/bin:/bin", "XIANGXUE_DATA": data, "PYTHONWARNINGS": "ignore"}
        return subprocess.run([MUTMUT, *arguments], cwd=ROOT, env=environment, text=True, **options)


def survivors() -> list[str]:
    """The names of the faults that no test found."""
    lines = mutmut("results", capture_output=True).stdout.splitlines()
    return [line.split(":")[0].strip() for line in lines if line.strip().endswith((": survived", ": no tests"))]


def main() -> int:
    shutil.rmtree(WORK, ignore_errors=True)
    done = mutmut("run", "--max-children", "2", stdout=subprocess.DEVNULL)
    if done.returncode:
        return done.returncode
    mutmut("export-cicd-stats", stdout=subprocess.DEVNULL)
    counts = json.loads((WORK / "mutmut-cicd-stats.json").read_text())
    for name in survivors():
        print(mutmut("show", name, capture_output=True).stdout)
    found = sum(counts[kind] for kind in FOUND)
    print(f"{found} of {counts['total']} found")
    print(f"{100 * found / counts['total']:.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
