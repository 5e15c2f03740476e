"""The model of arXiv 2512.13989 (Zhang, Ertekin, Orbanz, Adams), a baseline: :mod:`runtime.models.paper.model`."""

from runtime.models.paper.model import PaperConfig, PaperModel
from runtime.models.paper.pretraining import pretrain

__all__ = ["PaperConfig", "PaperModel", "pretrain"]
