"""Coverage-guided fuzzing of every parser: python -m fuzz [--minutes N] [TARGET…]. Needs atheris; see `make fuzz`.

One target after the other, each with its share of the time in a process of its own. What it learned is kept in
`.fuzz/<target>` and used the next time. What breaks a target lies in `.fuzz/crash-<target>-…`: mend it, and put the
file into tests/fuzz/found/<target>/, where `make test` runs it for ever.
"""

import argparse
import hashlib
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

INPUT_BYTES_MAX: Final = 4_096
INPUT_S_MAX: Final = 10
"""Of one input under instrumentation, which slows it about tenfold; `make test` holds one second without."""
MEMORY_MB_MAX: Final = 2_048
KEPT: Final = Path(".fuzz")


def main() -> int:
    """The exit code: 1 where a target broke."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help="which targets; all by default")
    parser.add_argument("--minutes", type=float, default=10.0, help="for all targets together")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _fuzz(options.child, options.minutes * 60)
        return 0
    from fuzz.seeds import seeds  # noqa: PLC0415 - the child imports them under instrumentation
    from fuzz.targets import TARGETS  # noqa: PLC0415 - as above

    names = options.targets or list(TARGETS)
    unknown = [name for name in names if name not in TARGETS]
    if unknown:
        parser.error(f"there is no target {unknown[0]}; there are {', '.join(TARGETS)}")
    broken = []
    for name in names:
        corpus = KEPT / name
        corpus.mkdir(parents=True, exist_ok=True)
        for seed in seeds(name):
            (corpus / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)
        print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)  # noqa: T201 - the command speaks
        child = [sys.executable, "-m", "fuzz", "--child", name, "--minutes", str(options.minutes / len(names))]
        if subprocess.run(child, check=False).returncode:
            broken.append(name)
    print(f"{len(names)} targets, {len(broken)} broken: {', '.join(broken) or 'none'}")  # noqa: T201 - as above
    return 1 if broken else 0


def _fuzz(name: str, seconds: float) -> None:
    """Runs one target until its time is over or something breaks; never returns."""
    import atheris  # noqa: PLC0415 - only the child needs it

    with atheris.instrument_imports(include=["fusionbus", "openpyxl", "yaml"]):
        from fuzz.targets import TARGETS  # noqa: PLC0415 - it must be instrumented

    settings = {
        "max_total_time": int(seconds),
        "max_len": INPUT_BYTES_MAX,
        "timeout": INPUT_S_MAX,
        "rss_limit_mb": MEMORY_MB_MAX,
        "artifact_prefix": f"{KEPT}/crash-{name}-",
        "print_final_stats": 1,
        "verbosity": 0,
    }
    line = [sys.argv[0], str(KEPT / name), *(f"-{key}={value}" for key, value in settings.items())]
    atheris.Setup(line, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
