"""Whether what a command prints has the form of docs/json.schema.json."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

_TYPES = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "number": (int, float),
    "object": dict,
    "string": str,
}

SCHEMA = json.loads((Path(__file__).parents[1] / "docs/json.schema.json").read_text("utf-8"))
FORMS = SCHEMA["$defs"]


def check(form: str, text: str) -> list[object]:
    """Assert that a text is a value of that form, or lines of them, and return the values."""
    values = [json.loads(text)] if text.startswith("[") else list(_values(text))
    for value in values:
        found = list(problems(FORMS[form], value))
        assert not found, f"{form}: {found}"
    return values


def _values(text: str) -> Iterator[object]:
    while text.strip():
        value, end = json.JSONDecoder().raw_decode(text)
        yield value
        text = text[end:].lstrip()


def problems(schema: dict, value: object, at: str = "$") -> Iterator[str]:
    """What differs, of the keywords that the schema uses; jsonschema is not everywhere."""
    unknown = schema.keys() - _KEYWORDS
    assert not unknown, f"json_forms.py does not know {unknown}"
    for part in _parts(schema):
        yield from _own_problems(part, value, at)
        if isinstance(value, dict) and part.get("unevaluatedProperties") is False:
            known = {key for one in _parts(part) for key in one.get("properties", ())}
            yield from (f"{at} has {key!r}" for key in value.keys() - known)


def _parts(schema: dict) -> Iterator[dict]:
    """The schema, and those that its value must have the form of too."""
    yield schema
    if "$ref" in schema:
        yield from _parts(FORMS[schema["$ref"].removeprefix("#/$defs/")])
    for one in schema.get("allOf", ()):
        yield from _parts(one)


def _own_problems(schema: dict, value: object, at: str) -> Iterator[str]:
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    fits = any(isinstance(value, _TYPES[kind]) for kind in kinds)
    if kinds and (not fits or (isinstance(value, bool) and "boolean" not in kinds)):
        yield f"{at} is {value!r}, not {kinds}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at} is {value!r}"
    if "anyOf" in schema and all(any(problems(one, value)) for one in schema["anyOf"]):
        yield f"{at} is {value!r}"
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0) or not re.search(
            schema.get("pattern", ""), value
        ):
            yield f"{at} is {value!r}"
    elif isinstance(value, int | float) and not (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
    ):
        yield f"{at} is {value!r}"
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from problems(schema.get("items", {}), one, f"{at}[{number}]")
    elif isinstance(value, dict):
        yield from _object_problems(schema, value, at)


def _object_problems(schema: dict, value: dict, at: str) -> Iterator[str]:
    missing = set(schema.get("required", ())) - value.keys()
    if missing:
        yield f"{at} lacks {sorted(missing)}"
    properties = schema.get("properties", {})
    for key, one in value.items():
        if key in properties:
            yield from problems(properties[key], one, f"{at}.{key}")
        elif "additionalProperties" in schema:
            others = schema["additionalProperties"]
            yield from [f"{at} has {key!r}"] if others is False else problems(others, one, at)


_KEYWORDS = {
    *("$ref", "additionalProperties", "allOf", "anyOf", "description", "enum", "items"),
    *("maximum", "minLength", "minimum", "pattern", "properties", "required", "type"),
    "unevaluatedProperties",
}
