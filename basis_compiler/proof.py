"""How a proof fails: with the setting and the statement that does not hold."""

from __future__ import annotations

from basis_store import CertificateError, Representation, Setting


def require(holds: bool, setting: Setting | Representation, statement: str) -> None:
    """Raise :class:`CertificateError` with the negated ``statement`` unless it ``holds``."""
    if not holds:
        hall_number = (setting if isinstance(setting, Setting) else setting.setting).hall_number
        raise CertificateError(f"{setting.label} (hall:{hall_number}) fails its proof: {statement}")
