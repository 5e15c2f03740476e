"""How a proof fails: with the setting and the statement that does not hold."""

from __future__ import annotations

from basis_store import CertificateError, Setting


def require(holds: bool, setting: Setting, statement: str) -> None:
    """Raise :class:`CertificateError` with the negated ``statement`` unless it ``holds``."""
    if not holds:
        raise CertificateError(f"{setting.label} (hall:{setting.hall_number}) fails its proof: {statement}")
