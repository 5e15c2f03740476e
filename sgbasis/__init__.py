"""The command line of sgbasis, and the functions that join compiler and runtime.

>>> from sgbasis import predict_property

Without crystal files, import ``runtime``, ``basis_store`` or ``basis_compiler``.
"""

from sgbasis.predicting import Prediction, predict_property

__all__ = ["Prediction", "predict_property"]
