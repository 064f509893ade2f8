"""The wheels: the whole, and the slim one of each room that an agency installs alone."""

import os
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("contract", "shell", "producers", "streams", "consumers", "deploy")
SLIM = ("contract", "producers", "consumers")
PLACE = {"shell": "contract"}
NO_BROKER = {"FUSION_BOOTSTRAP": "127.0.0.1:1", "FUSION_CONNECT_TIMEOUT_S": "1", "COLUMNS": "120"}


class Wheels:
    """Wheels built from this checkout without a network, each when first asked for."""

    def __init__(self, out: Path) -> None:
        self._out = out

    def __getitem__(self, name: str) -> Path:
        """The whole wheel for `all`, or the slim one of a room."""
        folder, out = ROOT if name == "all" else ROOT / name, self._out / name
        if not out.exists():
            command = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(folder))
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            assert done.returncode == 0, done.stdout + done.stderr
        (built,) = out.glob("*.whl")
        return built


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Wheels:
    """The wheels of this checkout."""
    return Wheels(tmp_path_factory.mktemp("wheels"))


def bare_environment(place: Path, *wheels: Path) -> dict[str, str]:
    """An environment with these wheels and what they declare to depend on, linked from the running one; no more."""
    place.mkdir()
    wanted: list[str] = []
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(place)
    for metadata in place.glob("fusionbus*.dist-info/METADATA"):
        lines = metadata.read_text(encoding="utf-8").split("\n\n", 1)[0].splitlines()
        wanted += [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]
    seen: set[tuple[str, str]] = set()
    while wanted:
        need = Requirement(wanted.pop())
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue  # an extra, or for another system
        extra = next(iter(sorted(need.extras)), "")
        if need.name.startswith("fusionbus") or (need.name, extra) in seen:
            continue
        seen.add((need.name, extra))
        found = distribution(need.name)
        wanted += [
            one
            for one in found.requires or ()
            if (m := Requirement(one).marker) is None or m.evaluate({"extra": extra})
        ]
        for file in found.files or ():
            link = place / file.parts[0]
            if file.parts[0] != ".." and not link.exists():
                link.symlink_to(Path(str(found.locate_file(file.parts[0]))))
    return {**{k: v for k, v in os.environ.items() if not k.startswith("FUSION_")}, "PYTHONPATH": str(place)}


def run(environment: dict[str, str], code: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Runs Python without this venv's site-packages."""
    return subprocess.run(
        (sys.executable, "-S", "-W", "ignore", "-c", code, *args),
        env=environment,
        cwd=environment["PYTHONPATH"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


COMMAND = "import sys; sys.argv[0] = 'fusionbus'; from fusionbus.shell.cli import main; main()"
ROOMS_HERE = (
    "from importlib.metadata import entry_points as e; print(*sorted(p.name for p in e(group='fusionbus.cli')))"
)


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def files_of(room: str) -> set[str]:
    """Every file of a room in the checkout, named as in a wheel."""
    root = ROOT / PLACE.get(room, room)
    return {
        path.relative_to(root).as_posix()
        for path in (root / "fusionbus" / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_whole_wheel_holds_every_file_of_every_room_and_the_agencies(wheels: Wheels) -> None:
    held = names(wheels["all"])
    for room in ROOMS:
        assert files_of(room) <= held
        assert f"fusionbus/{room}/py.typed" in held
    assert "fusionbus/deploy/agencies.yaml" in held
    assert "fusionbus/__init__.py" not in held


@pytest.mark.parametrize("room", SLIM)
def test_a_slim_wheel_holds_its_room_and_no_other(wheels: Wheels, room: str) -> None:
    rooms = {name.split("/")[1] for name in names(wheels[room]) if name.startswith("fusionbus/")}
    assert rooms == ({"contract", "shell"} if room == "contract" else {room})
    assert files_of(room) <= names(wheels[room])


def test_the_contract_alone_has_the_command_and_no_room(wheels: Wheels, tmp_path: Path) -> None:
    bare = bare_environment(tmp_path / "bare", wheels["contract"])
    told = run(bare, COMMAND, "version")
    assert told.returncode == 0, told.stderr
    assert "fusionbus-contract" in told.stdout
    assert not run(bare, ROOMS_HERE).stdout.strip()
    for room in ("producers", "streams", "consumers", "deploy"):
        assert "ModuleNotFoundError" in run(bare, f"import fusionbus.{room}").stderr


def test_an_agency_installs_producers_and_consumers_without_the_hub(wheels: Wheels, tmp_path: Path) -> None:
    bare = bare_environment(tmp_path / "bare", *(wheels[room] for room in SLIM))
    assert run(bare, ROOMS_HERE).stdout.split() == ["consumers", "producers"]
    shown = run(bare | {"COLUMNS": "120"}, COMMAND, "--help")
    assert shown.returncode == 0, shown.stderr
    assert "publish" in shown.stdout
    assert "alerts" in shown.stdout
    assert "provision" not in shown.stdout
    for missing in ("fusionbus.streams", "fusionbus.deploy", "faust", "cryptography"):
        assert "ModuleNotFoundError" in run(bare, f"import {missing}").stderr


def test_a_slim_install_that_is_to_sign_says_what_it_lacks(wheels: Wheels, tmp_path: Path) -> None:
    bare = bare_environment(tmp_path / "bare", wheels["contract"], wheels["producers"])
    told = run(
        bare,
        "from fusionbus.producers.seal import load_seal; from pathlib import Path;"
        "\ntry: load_seal(Path('key.pem'))\nexcept Exception as exc: print(exc)",
    )
    assert "pip install fusionbus-producers[sign]" in told.stdout, told.stderr


def test_the_whole_wheel_finds_its_agencies_outside_the_checkout(wheels: Wheels, tmp_path: Path) -> None:
    bare = bare_environment(tmp_path / "bare", wheels["all"])
    shown = run(bare | NO_BROKER, COMMAND, "provision", "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert "agency CTD-KP" in shown.stdout
