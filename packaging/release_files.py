"""Complete the files of a release: ``python packaging/release_files.py dist``, after all others are built.

Checks that wheel, sdist, stores and site are there, of this version, and that the stores are those of the registry
that is committed. Packs the site into one archive, equal content into equal bytes, and writes SHA256SUMS, which
``sha256sum -c`` reads.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
import tarfile
from pathlib import Path

from basis_store.published.registry import read_registry
from basis_store.version import VERSION

SUMS = "SHA256SUMS"


def release_files(dist: Path) -> list[Path]:
    """All files to publish: wheel, sdist, archive of the site, and stores.

    Raises:
        ValueError: a file is missing, or another one is there.
    """
    registry = read_registry()
    expected = {
        dist / f"sgbasis-{VERSION}-py3-none-any.whl": "make wheel",
        dist / f"sgbasis-{VERSION}.tar.gz": "make wheel",
        dist / f"sgbasis-site-{VERSION}.tar.gz": "make site",
        **{dist / "stores" / store.file: "make publish" for store in registry.stores},
    }
    for path, command in expected.items():
        if not path.is_file():
            raise ValueError(f"{path} is missing: {command}")
    found = {one for folder in (dist, dist / "stores") for one in folder.iterdir() if one.is_file()}
    if others := sorted(found - expected.keys() - {dist / SUMS}):
        raise ValueError(f"{others[0]} does not belong to this release: make clean")
    for store in registry.stores:
        if sha256(dist / "stores" / store.file) != store.sha256:
            raise ValueError(f"{store.file} is not the file of data/registry.json: make publish, and commit data")
    return list(expected)


def pack_site(dist: Path) -> None:
    """Write the folder ``dist/site`` as one archive; names are sorted, and there are no times and owners.

    Raises:
        ValueError: there is no site with documentation and explorer.
    """
    site = dist / "site"
    for page in ("index.html", "explorer/index.html"):
        if not (site / page).is_file():
            raise ValueError(f"{site / page} is missing: make site")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in sorted(one for one in site.rglob("*") if one.is_file()):
            entry = tarfile.TarInfo(f"sgbasis-site-{VERSION}/{path.relative_to(site).as_posix()}")
            content = path.read_bytes()
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    (dist / f"sgbasis-site-{VERSION}.tar.gz").write_bytes(gzip.compress(packed.getvalue(), mtime=0))


def sha256(path: Path) -> str:
    """SHA-256 of a file (hexadecimal)."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def complete(dist: Path) -> list[Path]:
    """Pack the site, check the files and write their sums; the files to publish, with the sums."""
    pack_site(dist)
    paths = release_files(dist)
    lines = [f"{sha256(path)}  {path.relative_to(dist).as_posix()}\n" for path in paths]
    (dist / SUMS).write_text("".join(lines), encoding="ascii")
    return [*paths, dist / SUMS]


def main() -> None:
    """Complete the folder named on the command line and print what to publish."""
    try:
        for path in complete(Path(sys.argv[1])):
            print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    except (ValueError, OSError) as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
