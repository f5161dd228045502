"""``python -m winras``: the ``winras`` command."""

from .cli import main

raise SystemExit(main())
