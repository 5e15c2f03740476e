"""The whole explorer as files: the start page, one page for each of the 530 settings, scripts and styles."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

from basis_compiler.parallel.parallel_map import parallel_map
from basis_store import Setting, SgbasisError, StoreReader, all_settings, open_store
from basis_store.files.atomic_write import write_atomically
from sgbasis.explorer.page_facts import page_name
from sgbasis.explorer.page_renderer import setting_html, start_html

ASSETS = Path(__file__).with_name("assets")
"""What npm builds from the folder ``site``."""


def write_site(folder: Path, *, workers: int = 1) -> int:
    """Write the explorer into ``folder``, which is made if there is none.

    Args:
        folder: its files are replaced, others stay. Pages link to the ``index.html`` of the folder above, if any.
        workers: processes.

    Returns:
        The number of pages.

    Raises:
        SgbasisError: scripts and styles are not built.
        OSError: a file cannot be written.
    """
    check_assets()
    (folder / "settings").mkdir(parents=True, exist_ok=True)
    shutil.copytree(ASSETS, folder / "assets", dirs_exist_ok=True)
    documented = (folder.parent / "index.html").is_file()
    with open_store() as store:
        write_atomically(folder / "index.html", start_html(store, root="", documentation=documented).encode())
    write_one = functools.partial(_write_setting, folder / "settings", documented)
    hint = "the pages that are written stay"
    return 1 + sum(parallel_map(write_one, all_settings(), workers=workers, hint=hint))


def check_assets() -> None:
    """Raise an error that says how to build scripts and styles unless they are there."""
    if not (ASSETS / "explorer.js").is_file() or not (ASSETS / "explorer.css").is_file():
        raise SgbasisError(
            f"the explorer's scripts and styles are not in {ASSETS}: in the folder of the clone run "
            "`npm --prefix site ci && npm --prefix site run build` (Node.js), then install it again: "
            "`pip install '.[all]'`; the wheel of a release has them"
        )


def _write_setting(folder: Path, documented: bool, setting: Setting) -> int:
    html = setting_html(_store(), setting, root="../", documentation=documented)
    write_atomically(folder / page_name(setting), html.encode())
    return 1


@functools.cache
def _store() -> StoreReader:
    """Opened once in each process."""
    return open_store()
