"""Errors of the whole project, in the user's vocabulary: what is wrong, which file or group, what to do.

Every class inherits :class:`SgbasisError` (catch one thing) and the standard-library error that fits
(so that generic handlers keep working). The command line prints the message as one line.
"""

from __future__ import annotations

_MAX_TEXT = 600
"""Characters."""


class SgbasisError(Exception):
    """Base of every error this project raises on purpose."""


class SettingError(SgbasisError, ValueError):
    """An unknown, ambiguous or missing space-group setting."""


class FormulaError(SgbasisError, ValueError):
    """A formula for the index symmetry of a tensor that cannot be read."""


class CutoffError(SgbasisError, ValueError):
    """More waves or functions are requested than the store was compiled with."""


class RecipeError(SgbasisError, ValueError):
    """An invalid build recipe."""


class CompilationError(SgbasisError, RuntimeError):
    """The compiler could not finish, for a reason that is not mathematical, such as a killed worker."""


class StoreFormatError(SgbasisError, ValueError):
    """The file is not an sgbasis store, or has a format version this release does not read."""


class StoreCorruptError(SgbasisError, OSError):
    """The file was a store once, but its content does not match its own checksums."""


class CertificateError(SgbasisError, ArithmeticError):
    """A basis failed its exact proof. Such a basis is never written."""


class DownloadError(SgbasisError, OSError):
    """A published store or model could not be fetched completely and with the right hash."""


class CrystalError(SgbasisError, ValueError):
    """A crystal that has no well-defined symmetric description (no cell, overlap, disorder ...)."""


class FieldError(SgbasisError, ValueError):
    """A field that cannot be read or expanded: wrong values, a cell or grid that does not fit its group ..."""


class ReflectionError(SgbasisError, ValueError):
    """Reflections that cannot be read, or from which what is asked does not follow."""


class TensorError(SgbasisError, ValueError):
    """A property tensor of the wrong shape or index symmetry, or one that does not determine what is asked."""


class TargetError(SgbasisError, ValueError):
    """A dataset does not hold a target in the requested form."""


class ModelError(SgbasisError, ValueError):
    """A trained model that cannot be loaded or used: unknown name, damaged weights, another store."""


class CharacterError(SgbasisError, ValueError):
    """A complex character, which has complex functions only, where real functions are needed."""


class EvaluationError(SgbasisError, ValueError):
    """A dataset on which a model cannot be evaluated: no such target, another unit, an empty split."""


class DeviceError(SgbasisError, RuntimeError):
    """A device to compute on that is not there, does not work, or cannot do what is asked of it."""


class TrainingError(SgbasisError, ValueError):
    """A training run that cannot start or continue: a wrong configuration, no data, a damaged checkpoint."""


class MissingDependencyError(SgbasisError, ImportError):
    """An optional dependency is needed; the message has the command that installs it."""


def error_text(error: Exception, *names: str) -> str:
    """What an error says, as one line of bounded length.

    Args:
        error: ours, of the operating system, or of Python.
        names: what the text may begin with, such as a path; left out, since callers say it themselves.
    """
    text = (isinstance(error, OSError) and not isinstance(error, SgbasisError) and error.strerror) or str(error)
    if isinstance(error, MemoryError):
        text = "there is not enough memory for it"
    elif isinstance(error, RecursionError):
        text = "its lists are nested too deeply"
    text = " ".join(text[: 4 * _MAX_TEXT].split())
    for name in names:
        if name:
            text = text.removeprefix(name).removeprefix(": ")
    return shortened(text) or type(error).__name__


def shortened(text: str) -> str:
    """A text, without its middle if it is very long: a name or value in it may have any length."""
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 200]} ... {text[-150:]}"
