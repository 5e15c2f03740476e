"""Several measurements of the same indices, as one."""

from __future__ import annotations

import dataclasses

import numpy as np

from basis_store import ReflectionData, ReflectionError
from basis_store.counted import counted

_DISAGREE = 5.0
"""Combined uncertainties."""


def merge_repeated(data: ReflectionData) -> ReflectionData:
    """Each index once, with the mean of its intensities, weighted by 1/sigma^2.

    Its sigma is that of the mean or what the scatter of the measurements shows, whichever is larger; Friedel mates
    stay apart. Data in which every index occurs once is returned as it is.

    Args:
        data: any reflections; phases must not be repeated.

    Raises:
        ReflectionError: phases of repeated indices, which have no mean.
    """
    hkl, first, inverse, counts = np.unique(
        data.hkl, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    if (counts == 1).all():
        return data
    if data.phases is not None or data.intensities is None:
        raise ReflectionError("indices that occur several times have no mean phase: give each of them once")
    inverse = inverse.reshape(-1)
    intensities = data.intensities
    weights = np.ones(len(inverse))
    if data.sigmas is not None:
        positive = data.sigmas[data.sigmas > 0]
        weights = np.maximum(data.sigmas, positive.min() if len(positive) else 1.0) ** -2
    total = np.bincount(inverse, weights)
    mean = np.bincount(inverse, weights * intensities) / total
    residuals = weights * (intensities - mean[inverse]) ** 2
    scatter = np.bincount(inverse, residuals) / np.maximum(counts - 1, 1)
    sigmas = None if data.sigmas is None else np.sqrt(np.maximum(scatter, 1) / total)
    notes = [f"{counted(len(data), 'measurement')} are merged to {counted(len(hkl), 'reflection')}"]
    apart = int((np.bincount(inverse, residuals > _DISAGREE**2) > 0).sum()) if sigmas is not None else 0
    if apart:
        reflections = counted(apart, "reflection")
        notes.append(f"{reflections} have a measurement more than {_DISAGREE:g} sigma from the mean")
    order = np.argsort(first)
    return dataclasses.replace(
        data,
        hkl=hkl[order],
        intensities=mean[order],
        sigmas=None if sigmas is None else sigmas[order],
        amplitudes=np.sqrt(np.maximum(mean, 0))[order],
        notes=(*data.notes, *notes),
    )
