"""How a proof fails: with the setting and the statement that does not hold."""

from __future__ import annotations

from basis_store import CertificateError, Representation
from basis_store.groups.group import Group


def require(holds: bool, setting: Group | Representation, statement: str) -> None:
    """Raise :class:`CertificateError` with the negated ``statement`` unless it ``holds``."""
    if not holds:
        name = (setting if isinstance(setting, Group) else setting.setting).name
        raise CertificateError(f"{setting.label} ({name}) fails its proof: {statement}")
