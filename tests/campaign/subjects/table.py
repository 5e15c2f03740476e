"""All subjects."""

from __future__ import annotations

from tests.campaign.subject import Subject
from tests.campaign.subjects.damaged_coefficients import DamagedCoefficients
from tests.campaign.subjects.damaged_fields import DamagedFields
from tests.campaign.subjects.datasets import DamagedDatasets, ForgedDatasets
from tests.campaign.subjects.models import DamagedCheckpoints, DamagedModels
from tests.campaign.subjects.stores import DamagedStores, ForgedStores
from tests.campaign.subjects.texts import EditedTexts

SUBJECTS: tuple[Subject, ...] = (
    DamagedStores(), ForgedStores(), DamagedDatasets(), ForgedDatasets(), DamagedModels(), DamagedCheckpoints(),
    EditedTexts(), DamagedCoefficients(), DamagedFields(),
)  # fmt: skip
"""Their shares add up to one."""
