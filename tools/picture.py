"""Draws the README's picture: the last frame of ``winras watch`` in a run of four seconds.

``python tools/picture.py`` writes docs/watch.svg. It needs Linux and the extra ``cli``.
"""

import os
import pty
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "watch.svg"
COLUMNS = 84

SCENARIO = """
[[entry]]
name = "Office VPN"
connected = true

[[entry]]
name = "Branch VPN"
device_name = "WAN Miniport (SSTP)"
connected = true

[[entry]]
name = "Home VPN"
dial_seconds = 0.5

[[at]]
seconds = 0.0
set_traffic = "Office VPN"
sent = 340_000
received = 2_600_000

[[at]]
seconds = 1.0
drop = "Branch VPN"
error = 829

[[at]]
seconds = 1.5
connect = "Home VPN"

[[at]]
seconds = 2.0
set_traffic = "Home VPN"
sent = 12_000
received = 96_000
"""


def main() -> None:
    """Run it on a pseudo-terminal, and draw what it leaves there."""
    with TemporaryDirectory() as folder:
        scenario = Path(folder, "picture.toml")
        scenario.write_text(SCENARIO, encoding="utf-8")
        told = run(["--simulate", str(scenario), "watch", "--timeout", "4"])
    last = told.rpartition("\x1b[?1049l")[2].replace("\r", "").rstrip("\n")
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(file=nowhere, record=True, width=COLUMNS, force_terminal=True)
        console.print(Text("$ winras watch", "bold"))
        console.print(Text.from_ansi(last))
        console.save_svg(str(PICTURE), title="winras watch", unique_id="winras-watch")


def run(arguments: list[str]) -> str:
    """What winras writes to a terminal."""
    ours, its = pty.openpty()
    environment = os.environ | {"COLUMNS": str(COLUMNS), "LINES": "20", "TERM": "xterm-256color"}
    with subprocess.Popen(
        [sys.executable, "-m", "winras", *arguments], stdin=its, stdout=its, env=environment
    ) as process:
        os.close(its)
        told = b""
        try:
            while part := os.read(ours, 65536):
                told += part
        except OSError:
            pass  # how Linux tells that the other side is closed
    os.close(ours)
    if process.returncode:
        sys.exit(f"winras ended with {process.returncode}")
    return told.decode()


if __name__ == "__main__":
    main()
