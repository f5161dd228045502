"""How the modules hang together, and what is public."""

from __future__ import annotations

import ast
import graphlib
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import winras
import winras.aio
import winras.pbk
import winras.testing
from winras import cli

PACKAGE = Path(winras.__file__).parent

# What each module may import of winras; the CLI reaches the simulator inside functions only.
LAYERS: dict[str, set[str]] = {
    "": {
        "_connections",
        "_enums",
        "_models",
        "exceptions",
    },
    "__main__": {"cli"},
    "_arguments": set(),
    "_autojump": {"_native"},
    "_connections": {"_arguments", "_models", "_native", "_operations", "_text", "exceptions"},
    "_credentials": {"_arguments", "_details", "_enums", "_native", "_phonebook", "exceptions"},
    "_details": {"_enums", "_models"},
    "_devices": {"_enums", "_native"},
    "_dialing": {
        "_arguments",
        "_connections",
        "_credentials",
        "_details",
        "_enums",
        "_native",
        "_operations",
        "_phonebook",
        "exceptions",
    },
    "_doctor": {
        "_connections",
        "_details",
        "_enums",
        "_hints",
        "_models",
        "_native",
        "_phonebook",
        "_why",
        "exceptions",
    },
    "_ensuring": {
        "_arguments",
        "_credentials",
        "_entries",
        "_entry_file",
        "_enums",
        "_models",
        "_native",
        "_phonebook",
        "_text",
        "exceptions",
    },
    "_entries": {"_arguments", "_devices", "_enums", "_native", "exceptions"},
    "_entry_file": {"_arguments", "_entries", "_toml"},
    "_enums": set(),
    "_facts": {
        "_connections",
        "_enums",
        "_models",
        "_native",
        "_operations",
        "exceptions",
    },
    "_hints": {"_enums"},
    "_history": {"_native", "_enums"},
    "_keeping": {
        "_arguments",
        "_connections",
        "_credentials",
        "_dialing",
        "_enums",
        "_log",
        "_models",
        "_native",
        "_operations",
        "_phonebook",
        "_policy",
        "_probe",
        "_text",
        "_watching",
        "_why",
        "exceptions",
    },
    "_log": set(),
    "_models": {"_enums"},
    "_native": {"_log", "_ras", "_enums", "_models", "exceptions"},
    "_operations": {"_native", "_enums", "_log", "_models", "_text", "exceptions"},
    "_phonebook": {
        "_arguments",
        "_connections",
        "_details",
        "_devices",
        "_entries",
        "_native",
        "_operations",
        "_text",
        "exceptions",
    },
    "_policy": {"_arguments", "_connections", "_enums", "_hints", "exceptions"},
    "_probe": {"_arguments", "_connections", "exceptions"},
    "_powershell": {"_entries", "_enums"},
    "_scenario": {
        "_arguments",
        "_details",
        "_entries",
        "_entry_file",
        "_enums",
        "_toml",
        "exceptions",
    },
    "_toml": {"_native"},
    "_traffic": {"_details", "_native", "_connections"},
    "_watching": {
        "_arguments",
        "_connections",
        "_enums",
        "_log",
        "_models",
        "_native",
        "_operations",
        "exceptions",
    },
    "_why": {
        "_arguments",
        "_connections",
        "_enums",
        "_hints",
        "_models",
        "_native",
        "exceptions",
    },
    "aio": {
        "_arguments",
        "_autojump",
        "_connections",
        "_credentials",
        "_details",
        "_dialing",
        "_ensuring",
        "_entries",
        "_entry_file",
        "_enums",
        "_keeping",
        "_models",
        "_operations",
        "_phonebook",
        "_policy",
        "_traffic",
        "_watching",
        "_why",
        "exceptions",
    },
    "_text": set(),
    "exceptions": {"_enums", "_text"},
    "pbk": {"_connections", "_details", "_native", "_phonebook", "_text"},
    "pytest_plugin": set(),
    "testing": {
        "_arguments",
        "_autojump",
        "_connections",
        "_enums",
        "_history",
        "_native",
        "_operations",
        "_scenario",
        "exceptions",
    },
    "cli": {
        "_facts",
        "_native",
        "_operations",
        "exceptions",
        "cli._arguments",
        "cli._live",
        "cli._output",
    },
    "cli._arguments": {"_text", "exceptions"},
    "cli._connections": {
        "_native",
        "_connections",
        "_facts",
        "_models",
        "exceptions",
        "cli._arguments",
        "cli._live",
        "cli._output",
    },
    "cli._act": {"_enums", "exceptions", "cli._arguments", "cli._output"},
    "cli._demo": {"exceptions", "cli._arguments"},
    "cli._doctor": {"_doctor", "_facts", "exceptions", "cli._arguments", "cli._output"},
    "cli._dial": {
        "_credentials",
        "_details",
        "_native",
        "_dialing",
        "_enums",
        "_facts",
        "_phonebook",
        "_text",
        "exceptions",
        "cli._arguments",
        "cli._output",
    },
    "cli._entry_files": {
        "_entries",
        "_models",
        "_native",
        "_phonebook",
        "exceptions",
        "cli._arguments",
        "cli._output",
    },
    "cli._explain": {"_native", "_enums", "_hints", "exceptions", "cli._arguments", "cli._output"},
    "cli._hangup": {
        "_connections",
        "_facts",
        "_native",
        "_operations",
        "exceptions",
        "cli._arguments",
        "cli._output",
    },
    "cli._keep": {
        "_connections",
        "_enums",
        "_keeping",
        "_native",
        "_policy",
        "_text",
        "exceptions",
        "cli._arguments",
        "cli._live",
        "cli._output",
    },
    "cli._live": {"cli._output"},
    "cli._output": {"_models", "_text"},
    "cli._phonebook": {
        "_credentials",
        "_entries",
        "_facts",
        "_phonebook",
        "exceptions",
        "cli._arguments",
        "cli._entry_files",
        "cli._output",
    },
    "cli._rasdial": {
        "_connections",
        "_credentials",
        "exceptions",
        "cli._arguments",
        "cli._dial",
        "cli._hangup",
        "cli._output",
    },
    "cli._simulate": {
        "_arguments",
        "_enums",
        "_models",
        "_native",
        "exceptions",
        "testing",
        "cli._arguments",
        "cli._live",
        "cli._output",
    },
    "cli._stats": {
        "_connections",
        "_facts",
        "_details",
        "_traffic",
        "exceptions",
        "cli._arguments",
        "cli._live",
        "cli._output",
    },
    "cli._story": {
        "_connections",
        "_facts",
        "_native",
        "_watching",
        "exceptions",
        "testing",
        "cli._connections",
        "cli._output",
    },
    "cli._watch": {
        "_native",
        "_connections",
        "_enums",
        "_facts",
        "_traffic",
        "_watching",
        "exceptions",
        "cli._arguments",
        "cli._connections",
        "cli._live",
        "cli._output",
    },
    "cli._why": {
        "_native",
        "_enums",
        "_models",
        "_why",
        "exceptions",
        "cli._arguments",
        "cli._output",
    },
    "salt": set(),
    "salt._arguments": {"_arguments", "_toml"},
    "salt._credentials": {"_credentials", "_entries", "_entry_file", "_native", "salt._arguments"},
    "salt._minion": {"_native", "_operations", "exceptions"},
    "salt._watching": {
        "_connections",
        "_enums",
        "_models",
        "_native",
        "_watching",
        "exceptions",
        "salt._minion",
    },
    "salt.beacons": set(),
    "salt.beacons.winras": {
        "_arguments",
        "_enums",
        "_models",
        "_toml",
        "salt._minion",
        "salt._watching",
    },
    "salt.grains": set(),
    "salt.grains.winras": {"_connections", "_models", "salt._minion"},
    "salt.modules": set(),
    "salt.modules.winras": {
        "_connections",
        "_facts",
        "_models",
        "_operations",
        "salt._arguments",
        "salt._credentials",
        "salt._minion",
    },
    "salt.states": set(),
    "salt.states.winras": {
        "_connections",
        "_dialing",
        "_ensuring",
        "_entries",
        "_entry_file",
        "_enums",
        "_models",
        "_native",
        "_phonebook",
        "_watching",
        "exceptions",
        "salt._arguments",
        "salt._credentials",
        "salt._minion",
    },
}
ON_DEMAND: dict[str, set[str]] = {
    "_entries": {"_models", "_toml"},
    "cli": {"cli._simulate", "testing"},
    "_native": {"_details"},
    "_facts": {"_details"},
    "_operations": {"_details"},
    "cli._arguments": {"_credentials"},
    "cli._connections": {"_watching"},
    "cli._demo": {"cli._story"},
    "cli._entry_files": {"_ensuring", "_entry_file", "_powershell"},
    "exceptions": {"_hints"},
    "pytest_plugin": {"testing"},
    "salt._arguments": {"_phonebook"},
    "salt._minion": {"testing"},
    "salt.modules.winras": {"_dialing", "_doctor", "_phonebook"},
    "testing": {"aio"},
}

# Who may call C: everybody else sees Python values only.
CALLERS_OF_C = {"_log", "_native", "_operations", "_autojump", "_history", "testing"}


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


def is_file(parts: list[str]) -> bool:
    return (PACKAGE.joinpath(*parts).with_suffix(".py")).is_file()


def imports_of_ours(module: str, *, top_level: bool) -> set[str]:
    path = modules()[module]
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    package = [part for part in package if part]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tried = [n for top in tree.body if isinstance(top, ast.Try) for n in top.body]
    first = tree.body + tried
    nodes = first if top_level else [n for n in ast.walk(tree) if n not in first]
    guarded = [n for top in tree.body if isinstance(top, ast.If) for n in ast.walk(top)]
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            assert not any(alias.name.startswith("winras") for alias in node.names), module
        if not isinstance(node, ast.ImportFrom) or node in guarded:
            continue
        if node.level:
            base = package[: len(package) - (node.level - 1)] + (node.module or "").split(".")
        else:  # what Salt's loader loads by its path is in no package there
            first_part, *base = (node.module or "").split(".")
            if first_part != "winras":
                continue
        base = [part for part in base if part]
        if node.module and (node.level or is_file(base)):
            found.add(".".join(base))
        else:
            found |= {".".join([*base, alias.name]) for alias in node.names}
    return found


def test_every_module_has_its_place() -> None:
    assert set(modules()) == set(LAYERS), "say in LAYERS what a new module may import"


@pytest.mark.parametrize("module", LAYERS)
def test_imports_run_one_way(module: str) -> None:
    hint = f"change LAYERS[{module!r}] or ON_DEMAND, if the import is right"
    assert imports_of_ours(module, top_level=True) == LAYERS[module], hint
    assert imports_of_ours(module, top_level=False) == ON_DEMAND.get(module, set()), hint


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Not even with imports inside functions, which hide a circle and do not undo it."""
    graph = {
        module: imports_of_ours(module, top_level=True) | imports_of_ours(module, top_level=False)
        for module in modules()
    }
    sorter = graphlib.TopologicalSorter(graph)
    sorter.prepare()  # CycleError, with the circle, if there is one


def test_one_module_only_imports_the_compiled_one() -> None:
    assert [name for name, allowed in LAYERS.items() if "_ras" in allowed] == ["_native"]


def test_few_modules_call_c() -> None:
    callers = set()
    for module, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node, "id", getattr(node, "attr", None))  # lib.x or _native.lib.x
            if name in ("ffi", "lib"):
                callers.add(module)
    assert callers == CALLERS_OF_C


@pytest.mark.parametrize(
    "module",
    [
        winras,
        winras.aio,
        winras.pbk,
        winras.testing,
        winras.exceptions,
        winras._native,
        winras._operations,
        winras._arguments,
    ],
)
def test_all_is_sorted_and_real(module: object) -> None:
    names = module.__all__  # type: ignore[attr-defined]
    assert names == sorted(names, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(module, name) for name in names)


def public_objects() -> dict[str, object]:
    found: dict[str, object] = {}
    for module in (winras, winras.testing, winras.aio, winras.pbk):
        for name in module.__all__:
            prefix = {winras.aio: "aio.", winras.pbk: "pbk."}.get(module, "")
            found[prefix + name] = getattr(module, name)
    for name, value in list(found.items()):
        if inspect.isclass(value):
            for member, thing in vars(value).items():
                if not member.startswith("_") and (
                    inspect.isfunction(thing) or isinstance(thing, property)
                ):
                    found[f"{name}.{member}"] = thing
    return found


@pytest.mark.parametrize("name", public_objects())
def test_every_public_name_is_documented(name: str) -> None:
    thing = public_objects()[name]
    if isinstance(thing, str):
        return  # a constant, which a comment documents
    assert inspect.getdoc(thing)


@pytest.mark.parametrize(
    "name",
    ["Connection.hang_up", "Connection.wait_closed", "watch", "aio.hang_up", "Simulator.advance"],
)
def test_what_takes_a_time_says_its_unit(name: str) -> None:
    document = inspect.getdoc(public_objects()[name])
    assert document is not None
    assert "second" in document.lower() or "of simulated time" in document


@pytest.mark.parametrize(
    "name",
    [
        "connections",
        "get_connection",
        "watch",
        "why",
        "entries",
        "devices",
        "save_credentials",
        "saved_credentials",
        "delete_credentials",
        "save_pre_shared_key",
        "ensure",
        *(
            f"Phonebook.{verb}"
            for verb in ("entries", "entry", "create", "update", "rename", "delete", "copy")
        ),
        *(f"Connection.{verb}" for verb in ("hang_up", "links", "status", "wait_closed")),
    ],
)
def test_what_calls_ras_says_what_it_raises_and_on_which_page_it_rests(name: str) -> None:
    document = inspect.getdoc(public_objects()[name])
    assert document is not None
    assert "Raises:" in document
    assert "See Microsoft's page" in document


def loaded_by(program: str) -> set[str]:
    """What a fresh process imports for it, beyond what no start of winras can do without."""

    def modules_after(code: str) -> set[str]:
        code += "\nimport sys\nprint(*sys.modules, file=sys.stderr)"
        answer = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        )
        return set(answer.stderr.splitlines()[-1].split())

    return modules_after(program) - modules_after("import _cffi_backend, dataclasses, enum")


# What the start of a program may import; a module more makes each start longer.
STARTS_WITH = {"__future__", "_datetime", "atexit", "contextlib", "datetime", "itertools", "math"}
STARTS_WITH |= {"threading", "unicodedata", "weakref", "winras", "winras._ras", "winras._ras.lib"}
STARTS_WITH |= {
    f"winras.{name}"
    for name in (
        *("_arguments", "_connections", "_enums", "_log", "_models", "_native", "_operations"),
        *("_text", "exceptions"),
    )
}


def test_a_start_imports_little() -> None:
    assert loaded_by("import winras") <= STARTS_WITH


def test_the_command_imports_what_it_needs() -> None:
    more = loaded_by("from winras.cli import main\nmain(['list', '--json'])")
    assert "argparse" in more
    ours = {name for name in more - STARTS_WITH if name.startswith("winras")}
    commands = {"_arguments", "_connections", "_live", "_output"}
    rest = {f"winras.cli.{name}" for name in commands} | {"winras._facts", "winras._hints"}
    assert ours <= rest | {"winras.cli"}
    assert not more & {
        *("asyncio", "concurrent", "difflib", "email", "importlib.metadata"),
        *("ipaddress", "logging", "pathlib", "rich", "socket", "ssl", "typing", "uuid", "xml"),
    }


def test_nothing_of_winras_imports_salt_but_the_extension_for_it() -> None:
    """Also not before a fork(), for which all of winras is imported."""
    more = loaded_by("import winras.cli\nwinras.cli.find_commands()\nwinras._import_all()")
    assert "winras._keeping" in more
    assert not [name for name in more if name.startswith(("salt", "winras.salt"))]


def test_the_simulator_imports_no_asyncio_before_somebody_awaits() -> None:
    more = loaded_by("from winras.testing import Simulator\nwith Simulator():\n    pass")
    assert "winras.testing" in more
    assert not more & {"asyncio", "logging", "socket", "winras.aio"}


def test_what_comes_later_is_what_type_checkers_see() -> None:
    tree = ast.parse(Path(winras.__file__).read_text(encoding="utf-8"))
    (seen,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = {
        node.module: tuple(alias.name for alias in node.names)
        for node in seen.body
        if isinstance(node, ast.ImportFrom)
    }
    assert imports == winras._LATER


def test_what_comes_later_comes() -> None:
    code = """
import pickle, winras
assert set(winras.__all__) <= set(dir(winras))
assert not hasattr(winras, "watches")
from winras import *
assert watch is winras.watch is winras._watching.watch
entry = Entry("Office", "vpn.example.com")
assert pickle.loads(pickle.dumps(entry)) == entry
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_annotations_can_be_read() -> None:
    """By typing.get_type_hints, as what makes schemas, checks at run time or documents does."""
    code = """
import typing, winras
for name in winras.__all__:
    thing = getattr(winras, name)
    members = vars(thing) if isinstance(thing, type) else {}
    for one in (thing, *(members[name] for name in members if not name.startswith("_"))):
        if callable(one):
            typing.get_type_hints(one)
from ipaddress import IPv4Address, IPv6Address
from uuid import UUID
assert typing.get_type_hints(winras.Connection)["entry_id"] == UUID | None
assert typing.get_type_hints(winras.Status)["local_endpoint"] == IPv4Address | IPv6Address | None
assert typing.get_type_hints(winras.Connection.addresses)["return"] is winras.Addresses
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_each_command_is_declared_where_the_command_line_looks() -> None:
    files = {name: file for group in cli._GROUPS.values() for name, file in group.items()}
    commands = cli.find_commands()
    assert {one.name for one in cli.COMMANDS} == commands.keys() == files.keys()
    for name, command in commands.items():
        assert command.run.__module__ == ".".join(filter(None, ("winras.cli", files[name])))


# ---- the Salt extension, which is read here: it cannot be imported where Salt is not ----

#: Salt's kinds of modules, by their folders, and what the docstring of each function must have.
SALT_DOCS = {
    "beacons": "",
    "grains": "CLI Example:",
    "modules": "CLI Example:",
    "states": ".. code-block:: yaml",
}
SALT_PARTS = [name for name in LAYERS if re.fullmatch(r"salt\.[a-z]+\.winras", name)]


def salt_functions(module: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    return {name: node for name, node in functions.items() if not name.startswith("_")}


@pytest.mark.parametrize("module", SALT_PARTS)
def test_salt_sees_the_functions_that_are_meant_and_no_imported_ones(module: str) -> None:
    """Salt takes every public function in a file for one of the module's, unless it says which."""
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    [said] = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    assert said == sorted(salt_functions(module))


@pytest.mark.parametrize("module", SALT_PARTS)
def test_each_function_of_salt_has_the_example_that_its_documentation_wants(module: str) -> None:
    wanted = SALT_DOCS[module.split(".")[1]]
    for name, function in salt_functions(module).items():
        document = ast.get_docstring(function)
        assert document, name
        assert wanted in document, name


@pytest.mark.parametrize("module", SALT_PARTS)
def test_no_function_of_salt_takes_a_secret(module: str) -> None:
    """Arguments of a job are in the job cache, on the event bus and in logs."""
    for name, function in salt_functions(module).items():
        every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        for argument in every:
            assert not re.search("user|password|passwd|secret|key", argument.arg), name


def test_nothing_public_is_forgotten() -> None:
    for info in pkgutil.iter_modules([str(PACKAGE)]):
        if not info.name.startswith("_") and info.name != "cli":
            importlib.import_module(f"winras.{info.name}")
    assert set(winras.exceptions.__all__) <= set(winras.__all__)
