"""``python -m sgbasis.explorer FOLDER``: write the whole explorer."""

from __future__ import annotations

import sys
from pathlib import Path

from basis_compiler import available_cores
from basis_store import SgbasisError
from basis_store.extras import needed_for
from sgbasis.echo import echo, echo_line


def main(arguments: list[str]) -> int:
    """Write the site into the folder that is named; 1 where that fails, with one line on standard error."""
    if len(arguments) != 1:
        echo("usage: python -m sgbasis.explorer FOLDER", err=True)
        return 2
    try:
        with needed_for("the explorer", "explorer"):
            from sgbasis.explorer.site_writer import write_site
        count = write_site(Path(arguments[0]), workers=available_cores())
    except (SgbasisError, OSError) as error:
        echo_line(f"Error: {error}", err=True)
        return 1
    echo_line(f"wrote {count} pages to {arguments[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
