"""Runs all benchmarks, and writes docs/performance.md and docs/performance.svg.

    python benchmarks           all of it, and the page and its picture anew
    python benchmarks --short   what CI runs: fewer and shorter, prints only
    python benchmarks --fleet PYTHON
                                the fleet alone, by a Python that has the extra salt, and its part
                                of the page anew; nothing else needs Salt

They run here and, where there is Wine and the extra dev, in a Windows CPython, with the drop-in in
its system32. The exit code is 1 if one fails: a count of calls, or growth, is beyond its limit.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from turns import Figure

sys.path.extend(str(Path(__file__).resolve().parents[1] / name) for name in ("tests", "tools"))

import drop_in
import windows_python
import zig
from windows.installed import Installed

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"
PICTURE = PAGE.with_suffix(".svg")
MARKS = "<!-- begin: {0} -->\n", "<!-- end: {0} -->\n"
COMMAND, FLEET_COMMAND = "python benchmarks", "python benchmarks --fleet PYTHON"
WHY = "## Why some goals are not reached"

BENCHMARKS = ("calls.py", "waiting.py", "hang_up.py", "growth.py", "start.py", "joining.py")
IN_WINDOWS = ("calls.py",)
FLEET = "many_minions.py"
SYSTEMS = ("Windows CPython", "Linux")
#: What the picture shows, and its lines: whose they are, in which colour and style.
DRAWN = "[c.name for c in connections()]"
LINES = {
    "winras, unchanged": "C0o-",
    "winras, changed before each call": "C0o:",
    "pywin32": "C1s--",
    "ctypes": "C2s--",
    "bare C": "C7s--",
}


class Run:
    """The figures that the benchmarks have printed, and which of them have failed."""

    def __init__(self, *options: str) -> None:
        self.options = options
        self.figures: list[Figure] = []
        self.failed: list[str] = []

    def run(self, what: str, command: list[str], environment: dict[str, str]) -> None:
        """Run one, and print its figures as they come."""
        print(f"== {what}", flush=True)
        with subprocess.Popen(
            [*command, *self.options],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # under Wine it must be no file
            encoding="utf-8",
            errors="backslashreplace",
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("{"):
                    self.figures.append(Figure(**json.loads(line)))
                    print(summary(self.figures[-1]), flush=True)
                else:
                    print(line, end="", flush=True)
        if process.returncode:
            self.failed.append(what)

    def run_all(self) -> str:
        """Run them here and in the Windows CPython; return why not there, if so."""
        missing = windows_python.find_missing()
        with TemporaryDirectory() as folder:
            # First, because a figure that was measured for nothing is a pity.
            windows = None if missing else build_windows(Path(folder))
            for name in BENCHMARKS:
                command = [sys.executable, str(ROOT / "benchmarks" / name)]
                self.run(f"{name}, Linux", command, dict(os.environ))
            if windows:
                python = windows.python
                given = {"WINRAS_CLIENTS": windows_python.to_windows(Path(folder))}
                environment = python.environment(windows.environment("drop-in", given))
                for name in IN_WINDOWS:
                    command = python.command("-u", ROOT / "benchmarks" / name)
                    self.run(f"{name}, Windows CPython", command, environment)
        return missing


def build_windows(folder: Path) -> Installed:
    """Build what they need into a folder, but for what CI has built, and install the wheel."""
    print("== for Windows: the wheel, the drop-in, the C client", flush=True)
    built = Path(os.environ.get("WINRAS_WINDOWS_BUILT", folder))
    if built == folder:
        import windows_wheel  # noqa: PLC0415  it needs the extra dev

        windows_wheel.build(folder, "win_amd64")
        drop_in.build_windows(folder)
    bare, include = ROOT / "benchmarks" / "bare.c", drop_in.NATIVE / "ras"
    zig.build_dll(folder / "bare.dll", "-Wall", "-Werror", f"-I{include}", bare, "-lrasapi32")
    python = windows_python.make(windows_python.FOLDER)
    python.install(*built.glob("*win_amd64.whl"))
    return Installed(python, built / "rasapi32.dll")


# ---- text ----


def shown(value: float | None) -> str:
    """A number with about three digits."""
    if value is None:
        return "-"
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def in_unit(values: Iterable[float | None], unit: str) -> tuple[list[float | None], str]:
    """The same in a unit in which people can read all of them."""
    given = list(values)
    least = min((value for value in given if value), default=0.0)
    for larger, factor in (("s", 1e6), ("ms", 1e3), ("µs", 1.0)):
        if unit == "us" and (least >= factor or factor == 1.0):
            return [value and value / factor for value in given], larger
    return given, unit


def is_missed(figure: Figure) -> bool:
    """Whether its goal is not reached."""
    return figure.goal is not None and figure.value > figure.goal


def summary(figure: Figure) -> str:
    """One figure as a line."""
    at = "" if figure.connections is None else f" at {figure.connections:,}"
    name = f"{figure.figure}{at}:"
    (ours, theirs), unit = in_unit([figure.ours, figure.theirs], figure.unit)
    own = f"{shown(ours)} {unit}"
    against = f" ({figure.peer}: {shown(theirs)})" if figure.peer else ""
    goal = "" if figure.goal is None else f", goal {figure.goal:g}" + " MISSED" * is_missed(figure)
    limit = f", BEYOND its limit {figure.limit:g}" if figure.is_beyond else ""
    if figure.ratio is None:
        return f"{name} {own}{against}{goal}{limit}"
    spread = f"{shown(figure.ratio)} ({shown(figure.low)} to {shown(figure.high)})"
    return f"{name} {spread} x {figure.peer}, {own}{goal}{limit}"


def rows(figures: Iterable[Figure]) -> Iterator[list[Figure]]:
    """Those that differ in the number of connections only; rows with goals come first."""

    def key(figure: Figure) -> tuple[str, str, str]:
        return figure.figure, figure.peer, figure.system

    listed = list(figures)
    places = {key(figure): place for place, figure in reversed([*enumerate(listed)])}
    listed.sort(key=lambda figure: (places[key(figure)], figure.connections or 0))
    found = [list(group) for _, group in groupby(listed, key)]
    yield from sorted(found, key=lambda row: all(figure.goal is None for figure in row))


def joined(values: Iterable[str]) -> str:
    """The cell of a row."""
    texts = list(values)
    return " / ".join(texts) if set(texts) != {"-"} else ""


def table(figures: Iterable[Figure]) -> Iterator[str]:
    """The lines of the table."""
    columns = "figure, peer, system, connections, ratio, spread, goal, winras, the peer, RAS itself"
    yield f"| {columns.replace(', ', ' | ')} |"
    yield "| --- " * 10 + "|"
    for row in rows(figures):
        first = row[0]

        def marked(value: float | None, figure: Figure) -> str:
            return f"**{shown(value)}**" if is_missed(figure) else shown(value)

        has_ratio = first.ratio is not None
        times, unit = in_unit(
            [value for f in row for value in (f.ours, f.theirs, f.floor)], first.unit
        )
        ours, theirs, floors = times[::3], times[1::3], times[2::3]
        goals = joined(shown(figure.goal) for figure in row)
        cells = [
            f"`{first.figure}`" if first.figure.startswith("[") else first.figure,
            first.peer,
            first.system,
            joined(shown(figure.connections) for figure in row),
            joined(marked(figure.ratio, figure) if has_ratio else "-" for figure in row),
            joined(f"{shown(figure.low)}-{shown(figure.high)}" for figure in row if has_ratio),
            goals and f"≤ {goals}",
            joined(
                shown(value) if has_ratio else marked(value, figure)
                for value, figure in zip(ours, row, strict=True)
            )
            + f" {unit}",
            joined(map(shown, theirs)),
            joined(map(shown, floors)),
        ]
        yield f"| {' | '.join(cells)} |"


def printed(*command: str) -> str:
    """The first line that a command prints, or nothing if it cannot be run."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError:
        return ""
    return next(iter(done.stdout.splitlines()), "")


def processor() -> str:
    """What a run is on."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    kind = model[1] if model else platform.machine()
    return f"{kind}, {os.cpu_count()} cores; {platform.platform()}"


def machine() -> Iterator[str]:
    """What all of it ran on, as a list."""
    yield f"- {processor()}"
    yield f"- winras {printed('git', 'describe', '--always', '--dirty')}"
    compiler = printed(*drop_in.find_compiler(), "--version")
    yield f"- Linux: CPython {platform.python_version()}, cffi {version('cffi')}, {compiler}"
    theirs = dict(re.findall(r"^([\w-]+)==(.*)$", "\n".join(windows_python.PACKAGES), re.MULTILINE))
    yield (
        f"- Windows CPython: {windows_python.VERSION} under {printed('wine', '--version')}, "
        f"pywin32 {theirs['pywin32']}, cffi {theirs['cffi']}, zig {version('ziglang')}"
    )


def page(run: Run, begun: datetime, load: float, left_out: str) -> str:
    """The part of the page that is measured."""
    missed = [row for row in rows(run.figures) if any(map(is_missed, row))]
    names = dict.fromkeys(row[0].figure for row in missed)
    with_goal = dict.fromkeys(figure.figure for figure in run.figures if figure.goal is not None)
    minutes = (datetime.now(UTC) - begun).total_seconds() / 60
    lines = [
        f"Measured on {begun:%Y-%m-%d} by `{COMMAND}`, in {minutes:.0f} minutes:",
        "",
        *machine(),
        f"- the load before: {load:.1f}",
        *([f"- Left out: the Windows CPython, because {left_out}"] if left_out else []),
        *(f"- Failed, so that figures may be missing: {what}" for what in run.failed),
        "",
        f"Of {len(with_goal)} figures with a goal, {len(with_goal) - len(names)} reach it.",
        *([f"Not reached: {'; '.join(f'`{name}`' for name in names)}."] if names else []),
        "",
        f"![Cost of a list of names against the number of connections]({PICTURE.name})",
        "",
        *table(run.figures),
        "",
    ]
    return "\n".join(lines)


def fleet_page(run: Run, begun: datetime, load: float, salt: str) -> str:
    """The part of the page about a fleet."""
    minutes = (datetime.now(UTC) - begun).total_seconds() / 60
    lines = [
        f"Measured on {begun:%Y-%m-%d} by `{FLEET_COMMAND}`, in {minutes:.0f} minutes:",
        "",
        f"- {processor()}",
        f"- winras {printed('git', 'describe', '--always', '--dirty')}, Salt {salt}",
        f"- the load before: {load:.1f}",
        *(f"- Failed, so that figures may be missing: {what}" for what in run.failed),
        "",
        *table(run.figures),
        "",
    ]
    return "\n".join(lines)


def write_page(text: str, command: str = COMMAND) -> None:
    """Put what was measured into the page, and keep what people have written around it."""
    first, last = (mark.format(command) for mark in MARKS)
    before, begin, rest = PAGE.read_text(encoding="utf-8").partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise SystemExit(f"{PAGE} lacks the lines {first!r} and {last!r}, between which figures go")
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def draw(figures: list[Figure]) -> None:
    """Draw the picture: the same figures make the same bytes."""
    # Imported here, because CI's short runs need no picture.
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.figure import Figure as Drawing  # noqa: PLC0415

    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "winras", "font.size": 9})
    systems = [name for name in SYSTEMS if any(figure.system == name for figure in figures)]
    drawing = Drawing(figsize=(4.2 * len(systems), 3.8), layout="constrained")
    panels = drawing.subplots(1, len(systems), sharey=True, squeeze=False)[0]
    for panel, system in zip(panels, systems, strict=True):
        mine = [figure for figure in figures if figure.system == system and figure.connections]
        for name, style in LINES.items():
            peer, _, how = name.partition(", ")
            points = {
                figure.connections: figure.ours if how else figure.theirs
                for figure in mine
                if figure.figure == f"{DRAWN}, {how or 'unchanged'}"
                and (how or figure.peer == peer)
            }
            if points:
                panel.loglog(points.keys(), points.values(), style, label=name, markersize=4)
        panel.set(xlabel="connections", title=system)
        panel.minorticks_off()
        panel.set_xticks(sorted({figure.connections for figure in mine if DRAWN in figure.figure}))
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_formatter("{x:,g}")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("µs for a list of names")
    names = panels[0].get_legend_handles_labels()
    drawing.legend(*names, loc="outside lower center", ncols=len(LINES), frameon=False)
    drawing.savefig(PICTURE, metadata={"Date": None})


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="fewer and shorter; prints only")
    parser.add_argument("--fleet", metavar="PYTHON", help="the fleet alone; writes that part")
    options = parser.parse_args()
    is_short = options.short
    begun, load, run = datetime.now(UTC), os.getloadavg()[0], Run(*["--short"] * is_short)
    if options.fleet:
        run.run(FLEET, [options.fleet, str(ROOT / "benchmarks" / FLEET)], dict(os.environ))
        if not is_short:
            asking = "import importlib.metadata; print(importlib.metadata.version('salt'))"
            salt = printed(options.fleet, "-c", asking)
            write_page(fleet_page(run, begun, load, salt), FLEET_COMMAND)
        sys.exit(bool(run.failed))
    try:
        left_out = run.run_all()
    except RuntimeError as error:
        raise SystemExit(str(error)) from None
    if left_out:
        print(f"left out, the Windows CPython: {left_out}")
    if not is_short:
        write_page(page(run, begun, load, left_out))
        draw(run.figures)
        print(f"written: {PAGE} and {PICTURE.name}")
        why = PAGE.read_text(encoding="utf-8").partition(WHY)[2]
        for name in dict.fromkeys(figure.figure for figure in run.figures if is_missed(figure)):
            if name not in why:
                print(f'say under "{WHY}" why this goal is not reached: {name}')
    for what in run.failed:
        print(f"failed: {what}")
    sys.exit(bool(run.failed))


if __name__ == "__main__":
    main()
