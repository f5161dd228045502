"""How the C files hang together: who calls whom, one name for one thing, no list to forget.

The C is read by a small tokenizer, which knows no macros: what stands in braces, brackets and
parentheses at file scope is folded into one token, so that definitions can be told by their shape.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NATIVE = ROOT / "src" / "native"

# Circles of files that stay, each with its reason.
CIRCLES: dict[frozenset[str], str] = {}
MOST_LINES = 1000
# What libc, or windows.h, calls a function that is easily taken as a name.
LIBC = frozenset(
    re.findall(
        r"\w+",
        """
        abort abs accept access alarm bind clock close connect div drop exit exp fork
        free index kill link listen log malloc notify open pause pipe poll pow raise
        rand read recv remove rename rewind select send shutdown signal sleep socket
        stat sync system time truncate wait write
        """,
    )
)

Words = list[str]


@dataclass(frozen=True, slots=True)
class Source:
    """One C file: the names that it defines at file scope, and those that it uses."""

    public: set[str] = field(default_factory=set)
    private: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)


def without_comments(text: str) -> str:
    pattern = r'/\*.*?\*/|//[^\n]*|("(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')'
    return re.sub(pattern, lambda m: '""' if m[1] else " ", text, flags=re.DOTALL)


def tokenize(text: str) -> Words:
    return re.findall(r"\w+|->|\S", text)


def fold(words: Words) -> Words:
    """Each bracketed group becomes one token: {}, [] or ()."""
    closing = {"{": "}", "[": "]", "(": ")"}
    folded: Words = []
    depth = 0
    for word in words:
        if word in closing:
            if depth == 0:
                folded.append(word + closing[word])
            depth += 1
        elif word in closing.values():
            depth -= 1
        elif depth == 0:
            folded.append(word)
    assert depth == 0
    return folded


def items(folded: Words) -> list[Words]:
    """The declarations and definitions at file scope; a function's body ends its own."""
    found: list[Words] = [[]]
    for word in folded:
        if word == ";":
            found.append([])
            continue
        found[-1].append(word)
        if found[-1][-2:] == ["()", "{}"] and "=" not in found[-1]:
            found.append([])
    return [item for item in found if item]


def names_defined(item: Words) -> list[str]:
    if item[0] in {"typedef", "extern"}:
        return []
    if item[-2:] == ["()", "{}"]:
        return [item[-3]]
    declared = item[: item.index("=")] if "=" in item else item
    if "()" in declared or (item[0] in {"struct", "enum", "union"} and len(declared) == 2):
        return []
    words = [word for word in declared if word != "[]"]
    return words[-1:] if len(words) > 1 and words[-1].isidentifier() else []


def rows() -> list[tuple[str, str]]:
    """The simulated functions, each with its form."""
    text = (NATIVE / "rasapi.h").read_text(encoding="utf-8")
    return re.findall(r"^    SIMULATED\(\w+, (\w+), (\w+),", text, re.MULTILINE)


def native_name(name: str, form: str) -> str:
    return f"{name}W" if form == "AW" else name


def read_source(path: Path) -> Source:
    text = without_comments(path.read_text(encoding="utf-8"))
    directives = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
    source = Source()
    for item in items(fold(tokenize(directives.sub("", text)))):
        (source.private if "static" in item else source.public).update(names_defined(item))
    words = ["", *tokenize(re.sub(r"^[ \t]*#[ \t]*include[^\n]*", "", text, flags=re.MULTILINE))]
    source.used.update(word for before, word in pairwise(words) if before not in {".", "->"})
    # The name that stands for each function of the list.
    if "RASAPI_NATIVE_" in source.used:
        source.used.update(native_name(*row) for row in rows())
    return source


def files(suffixes: str) -> list[Path]:
    return sorted(NATIVE.rglob(f"*.[{suffixes}]"))


def place(path: Path) -> str:
    return path.relative_to(NATIVE).as_posix()


@cache
def sources() -> dict[str, Source]:
    return {place(path): read_source(path) for path in files("c")}


def circles(graph: dict[str, set[str]]) -> set[frozenset[str]]:
    """The groups in which each can be reached from each other."""
    reached: dict[str, set[str]] = {}
    for start in graph:
        todo = [start]
        reached[start] = set()
        while todo:
            new = graph[todo.pop()] - reached[start]
            reached[start] |= new
            todo += new
    return {
        frozenset(other for other in reached[name] if name in reached[other])
        for name in graph
        if name in reached[name]
    }


def test_the_tokenizer_tells_definitions_from_uses(tmp_path: Path) -> None:
    path = tmp_path / "example.c"
    path.write_text(
        '#include "other.h"\n'
        "#define TWO \\\n    (one + two)\n"
        "/* static int no; */\n"
        "typedef struct { int x; } type;\n"
        "struct tag;\n"
        "struct tag { int y; };\n"
        "extern int there;\n"
        "int declared(int a);\n"
        "static const int table[] = {1, 2}, *pointer;\n"
        'static struct { int z; } state = {.z = sizeof("static int no;")};\n'
        "int shared;\n"
        "static type *helper(type *given) { return used_here(given->hidden, given); }\n"
        "int exported(void) {\n    static int inner;\n    return inner;\n}\n"
    )
    source = read_source(path)
    assert source.public == {"shared", "exported"}
    assert {"table", "state", "helper"} <= source.private
    assert not {"inner", "no"} & source.private
    assert {"used_here", "two"} <= source.used
    assert "hidden" not in source.used


def test_no_circle_of_files_that_call_each_other() -> None:
    owners = {name: place for place, source in sources().items() for name in source.public}
    graph = {
        place: {owners[name] for name in source.used & set(owners)} - {place}
        for place, source in sources().items()
    }
    assert graph["simulator/service.c"] >= {"simulator/notices.c", "simulator/state.c"}
    assert circles(graph) == set(CIRCLES)


def test_no_circle_of_headers() -> None:
    headers = {path.name: path for path in files("h")}
    graph = {
        name: {
            Path(included).name
            for included in re.findall(r'#include "(.*)"', path.read_text(encoding="utf-8"))
        }
        for name, path in headers.items()
    }
    assert circles(graph) == set()


def test_only_the_service_itself_sees_its_state() -> None:
    seen = {
        place(path)
        for path in files("ch")
        if re.search(r'#include "(?:simulator/)?state\.h"', path.read_text(encoding="utf-8"))
    }
    assert not [name for name in seen if not name.startswith("simulator/")]
    assert not [name for name in seen if "/ras_" in name]


@pytest.mark.parametrize("path", files("ch"), ids=place)
def test_no_file_is_long(path: Path) -> None:
    """A file that gets longer is to be cut by what its parts are for."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES


def test_no_name_twice() -> None:
    """But for what two systems do in one file each, of which a build has one."""
    found: dict[str, set[str]] = {}
    for name, source in sources().items():
        for defined in source.public | source.private:
            found.setdefault(defined, set()).add(re.sub(r"_(posix|windows)\.c$", ".c", name))
    twice = {name: places for name, places in found.items() if len(places) > 1}
    assert twice == {}


def test_no_name_hides_one_of_libc() -> None:
    hidden = {
        (place, name)
        for place, source in sources().items()
        for name in (source.public | source.private) & LIBC
    }
    assert hidden == set()


def test_no_list_of_c_files() -> None:
    """They are found by folder. One file may be named, as an example; two would be a list."""
    ours = {path.name for path in files("c")}
    builders = ("*.py", "*.toml", "*.in", ".ci/run", ".github/**/*.yml", "tools/*.py")
    for path in (path for pattern in builders for path in ROOT.glob(pattern)):
        named = set(re.findall(r"(?<!tests/native/)\b\w+\.c\b", path.read_text(encoding="utf-8")))
        assert len(named & ours) < 2, (path, named)


def test_each_row_of_the_list_is_read() -> None:
    text = (NATIVE / "rasapi.h").read_text(encoding="utf-8")
    assert len(rows()) == len(re.findall(r"\bSIMULATED\(\w+, Ras", text)) > 0
    assert {form for _, form in rows()} == {"AW", "ONE"}


def where(function: str) -> list[str]:
    return [place for place, source in sources().items() if function in source.public]


@pytest.mark.parametrize(("name", "form"), rows())
def test_every_function_of_the_list_is_simulated(name: str, form: str) -> None:
    places = [place[:14] for place in where(native_name(name, form))]
    assert places == ["simulator/ras_"], f"write {name} in a simulator/ras_*.c"


@pytest.mark.parametrize("name", [name for name, form in rows() if form == "AW"])
def test_every_function_with_an_a_form_has_it_in_the_drop_in(name: str) -> None:
    places = [place[:8] for place in where(f"{name}A")]
    assert places == ["drop_in/"], f"write {name}A in drop_in/drop_in.c"


def test_every_structure_that_is_filled_has_its_layout_asserted() -> None:
    """Each structure of ras.h with a dwSize, by which Windows tells its versions apart."""
    header = without_comments((NATIVE / "ras" / "ras.h").read_text(encoding="utf-8"))
    layouts = (NATIVE / "layouts.h").read_text(encoding="utf-8")
    names = re.findall(r"typedef struct \w+ \{\s*DWORD dwSize;[^}]*\} (\w+)", header)
    assert len(names) > 5
    missing = {name for name in names if f"sizeof({name})" not in layouts}
    assert missing <= {"RASDEVSPECIFICINFO"}, "assert their sizes and offsets in layouts.h"


def test_every_ras_call_of_the_shim_can_be_logged() -> None:
    """A call that is not made by CALLS_CALL is named to trace_begin."""
    for path in (NATIVE / "shim").glob("*.c"):
        text = path.read_text(encoding="utf-8")
        direct = re.findall(r"->(Ras\w+|rasman_\w+|read_events)\(", without_comments(text))
        assert len(direct) == text.count("trace_begin(table->now"), (path, direct)
