"""The command line of sgbasis, and the functions that join compiler and runtime.

>>> from sgbasis import predict_property

Without crystal files, import ``runtime``, ``basis_store`` or ``basis_compiler``.
"""

TYPE_CHECKING = False  # what typing's is; importing it would delay the command's hold on Ctrl-C

if TYPE_CHECKING:
    from sgbasis.predicting import Prediction, predict_property

__all__ = ["Prediction", "predict_property"]

if not TYPE_CHECKING:  # a type checker would take any name for one that this module has
    # Imported when first asked for: the command, which lies in this package, is to start at once.
    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from sgbasis import predicting

        value = globals()[name] = getattr(predicting, name)
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
