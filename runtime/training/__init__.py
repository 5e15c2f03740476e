"""Training: configuration, data, loop and checkpoints. Nothing here computes symmetry."""

from runtime.training.config import TrainingConfig
from runtime.training.data import Part, TrainingData
from runtime.training.trainer import EpochReport, Trainer, mean_absolute_errors

__all__ = ["EpochReport", "Part", "Trainer", "TrainingConfig", "TrainingData", "mean_absolute_errors"]
