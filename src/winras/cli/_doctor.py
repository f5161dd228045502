"""``winras doctor``."""

from __future__ import annotations

import argparse

from .._doctor import Diagnosis, examine
from .._facts import exit_code_of
from ..exceptions import RasError
from ._arguments import READS, add_json, command
from ._output import Value, print_facts, print_json, print_line, print_table


def _add_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--names", action="store_true", help="tell the names of entries too")


@command(
    "doctor",
    "say what works here and what is wrong, for a bug report",
    add_json,
    _add_names,
    effect=READS,
    examples=("winras doctor", "winras doctor --json --names"),
)
def _doctor(options: argparse.Namespace) -> list[RasError]:
    """``winras doctor``."""
    diagnosis = examine(names=options.names)
    if options.json:
        print_json(diagnosis.to_dict())
    else:
        _print_page(diagnosis)
    options.exit_code = exit_code_of(diagnosis)
    return []


def _print_page(diagnosis: Diagnosis) -> None:
    missing = ", ".join(diagnosis.missing_functions)
    ras = f"{diagnosis.library or 'none'} {diagnosis.library_version or ''}".rstrip()
    rasman = diagnosis.rasman or "the service manager does not say"
    if diagnosis.rasman_start_type:
        rasman += f"; start type: {diagnosis.rasman_start_type}"
    facts: dict[str, Value] = {
        "winras": diagnosis.winras,
        "python": diagnosis.python,
        "system": diagnosis.system,
        "RAS": "a simulated RAS" if diagnosis.simulated else ras,
    }
    if diagnosis.available:
        facts |= {"missing functions": missing or "none", "RasMan": rasman}
    print_facts(facts)
    if diagnosis.steps:
        print_line("")
        print_table(
            ("ASKED", "ANSWER", "TIME"),
            [
                (
                    step.what,
                    f"{step.error} {step.error_name or ''}".rstrip()
                    if step.error
                    else "done"
                    if step.found is None
                    else str(step.found),
                    f"{step.seconds:.3f} s",
                )
                for step in diagnosis.steps
            ],
        )
    if diagnosis.entries:
        print_line("")
        print_table(
            ("ENTRY", "FOR", "DEVICE TYPE", "EAP"),
            [
                (
                    entry.name or _numbered(number),
                    "all users" if entry.all_users else "this user",
                    entry.device_type or "cannot be read",
                    {True: "needed", False: "no", None: "?"}[entry.needs_eap],
                )
                for number, entry in enumerate(diagnosis.entries, 1)
            ],
        )
    if diagnosis.failures:
        print_line("")
        print_table(
            ("LAST FAILURES", "AT", "WHY"),
            [
                (
                    f"{failure.name or _numbered(failure.entry)}: {failure.kind}",
                    f"{failure.at:%Y-%m-%d %H:%M:%S} UTC" if failure.at else "-",
                    "-"
                    if failure.code is None
                    else f"{failure.code} {failure.code_name or ''}".rstrip(),
                )
                for failure in diagnosis.failures
            ],
        )
    print_line("")
    if not diagnosis.findings:
        print_line("no fault was found")
    for number, finding in enumerate(diagnosis.findings, 1):
        print_line(f"{number}. {finding.text}")
        print_line(f"   next: {finding.next_step}")


def _numbered(entry: int | None) -> str:
    return "an entry that is no more" if entry is None else f"entry {entry}"
