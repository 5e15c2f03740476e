# The public names of basis_store and the files that define them; each is imported on first use.
from .bases.compiled_setting import CompiledSetting as CompiledSetting
from .bases.flat_arrays import flat_arrays as flat_arrays
from .bases.reader import StoreReader as StoreReader, open_store as open_store
from .bases.real_functions import CosineTerms as CosineTerms, RealFunction as RealFunction
from .bases.recipe import Recipe as Recipe
from .bases.vector_basis import VectorBasis as VectorBasis
from .bases.writer import write_store as write_store
from .datasets.crystal_arrays import CrystalArrays as CrystalArrays
from .datasets.reader import CrystalTable as CrystalTable, open_crystals as open_crystals
from .datasets.recipe import CrystalInput as CrystalInput, CrystalRecipe as CrystalRecipe
from .datasets.record import CrystalRecord as CrystalRecord
from .datasets.row_reader import DatasetRows as DatasetRows
from .datasets.writer import write_crystals as write_crystals
from .errors import (
    CertificateError as CertificateError,
    CharacterError as CharacterError,
    CompilationError as CompilationError,
    CrystalError as CrystalError,
    CutoffError as CutoffError,
    DeviceError as DeviceError,
    DownloadError as DownloadError,
    EvaluationError as EvaluationError,
    FieldError as FieldError,
    FormulaError as FormulaError,
    MissingDependencyError as MissingDependencyError,
    ModelError as ModelError,
    RecipeError as RecipeError,
    ReflectionError as ReflectionError,
    SettingError as SettingError,
    SgbasisError as SgbasisError,
    StoreCorruptError as StoreCorruptError,
    StoreFormatError as StoreFormatError,
    TargetError as TargetError,
    TensorError as TensorError,
    TrainingError as TrainingError,
)
from .fields.cell_change import CellChange as CellChange
from .fields.coefficient_file import (
    CoefficientFile as CoefficientFile,
    read_coefficients as read_coefficients,
    write_coefficients as write_coefficients,
)
from .fields.field_coefficients import FieldCoefficients as FieldCoefficients, FieldSource as FieldSource
from .fields.grid_field import GridField as GridField
from .fields.vector_field import VectorField as VectorField
from .files.locations import data_folder as data_folder
from .groups.low_dimensional.plane_group import PlaneGroup as PlaneGroup, plane_groups as plane_groups
from .groups.low_dimensional.subperiodic_group import SubperiodicGroup as SubperiodicGroup
from .groups.magnetic.magnetic_group import MagneticGroup as MagneticGroup, magnetic_groups as magnetic_groups
from .groups.operations import (
    TURN as TURN,
    Operations as Operations,
    PointGroupOperations as PointGroupOperations,
    check_group as check_group,
    point_group_operations as point_group_operations,
)
from .groups.representation import Representation as Representation, representations as representations
from .groups.setting import (
    Setting as Setting,
    all_settings as all_settings,
    standard_settings as standard_settings,
)
from .groups.wave_index import WaveIndex as WaveIndex
from .groups.wave_shells import (
    ball_norm as ball_norm,
    wave_norm as wave_norm,
    waves_within as waves_within,
)
from .groups.wyckoff.position_table import WyckoffTable as WyckoffTable
from .groups.wyckoff.wyckoff_points import WyckoffPoints as WyckoffPoints, wyckoff_points as wyckoff_points
from .groups.wyckoff.wyckoff_position import (
    WyckoffPosition as WyckoffPosition,
    WyckoffPositions as WyckoffPositions,
)
from .published.download import fetch_store as fetch_store
from .published.registry import PublishedStore as PublishedStore, published_stores as published_stores
from .reflections.reflection_data import ReflectionData as ReflectionData
from .tensors.cartesian_frame import cartesian_frame as cartesian_frame
from .tensors.index_symmetry import IndexSymmetry as IndexSymmetry
from .tensors.tensor_basis import TensorBasis as TensorBasis
from .tensors.tensor_table import TensorTable as TensorTable
from .tensors.voigt_pattern import pattern_text as pattern_text
