"""What is known of the rasapi32.dll that the tests in here run with."""

from pathlib import Path

#: How many times as fast as the real one the clock of the drop-in runs.
FACTOR = 20.0

RASAPI32 = Path(r"C:\windows\system32\rasapi32.dll")
