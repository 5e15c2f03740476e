# The public names of runtime and the files that define them; each is imported on first use.
from .bases.basis import Basis as Basis
from .bases.store import Recipe as Recipe, Setting as Setting, Store as Store, load_store as load_store
from .encoding.plan import EncodingPlan as EncodingPlan
from .encoding.routing_matrix import Routing as Routing
from .encoding.wave_encoder import WaveEncoder as WaveEncoder
from .evaluation.class_scores import ClassScore as ClassScore
from .evaluation.reference_values import (
    Labels as Labels,
    ReferenceValues as ReferenceValues,
    read_labels as read_labels,
    reference_values as reference_values,
)
from .evaluation.scores import Evaluation as Evaluation, ScalarScore as ScalarScore, Score as Score
from .evaluation.tensor_scores import TensorScore as TensorScore
from .features.atoms import sites_of_atoms as sites_of_atoms
from .features.embedding import embed as embed
from .features.gradients import Derivatives as Derivatives, derivatives as derivatives
from .features.pair_kernel import PairKernel as PairKernel
from .features.site_encoding import SiteEncoding as SiteEncoding
from .fields.expansion import (
    Expansion as Expansion,
    Residual as Residual,
    expand as expand,
    symmetrise as symmetrise,
)
from .fields.invariant_field import InvariantField as InvariantField
from .fields.vectors.vector_functions import vector_functions as vector_functions
from .fields.vectors.vector_symmetrisation import (
    SymmetrisedVectors as SymmetrisedVectors,
    symmetrise_vector_field as symmetrise_vector_field,
)
from .models.architectures import ARCHITECTURES as ARCHITECTURES
from .models.base import CrystalModel as CrystalModel, Embedding as Embedding
from .models.batch import Batch as Batch
from .models.composition import CompositionConfig as CompositionConfig, CompositionModel as CompositionModel
from .models.crystal_fourier_transformer.model import (
    CrystalFourierTransformer as CrystalFourierTransformer,
    CrystalFourierTransformerConfig as CrystalFourierTransformerConfig,
)
from .models.crystal_fourier_transformer.pretraining import pretrain as pretrain
from .models.ensemble import Ensemble as Ensemble, EnsembleConfig as EnsembleConfig
from .models.orbit_transformer import (
    OrbitTransformer as OrbitTransformer,
    OrbitTransformerConfig as OrbitTransformerConfig,
)
from .models.site_transformer import (
    SiteTransformer as SiteTransformer,
    SiteTransformerConfig as SiteTransformerConfig,
)
from .prediction import predict as predict, predict_prepared as predict_prepared
from .pretrained.card import DataSource as DataSource, ModelCard as ModelCard
from .pretrained.description import ModelDescription as ModelDescription
from .pretrained.domain import Domain as Domain, outside_domain as outside_domain
from .pretrained.locate import shipped_models as shipped_models
from .pretrained.pretrained import (
    Pretrained as Pretrained,
    from_pretrained as from_pretrained,
    open_pretrained as open_pretrained,
    save_pretrained as save_pretrained,
)
from .site_kernels.direct_kernel import DirectKernel as DirectKernel
from .site_kernels.harmonics import real_harmonics as real_harmonics
from .site_kernels.neighbours import (
    Neighbours as Neighbours,
    cell_atoms as cell_atoms,
    neighbours as neighbours,
    periodic_neighbours as periodic_neighbours,
)
from .site_kernels.orbit_kernel import OrbitKernel as OrbitKernel, gaussian_transforms as gaussian_transforms
from .site_kernels.orbit_moments import OrbitMoments as OrbitMoments
from .site_kernels.orbit_representatives import (
    OrbitRepresentatives as OrbitRepresentatives,
    orbit_representatives as orbit_representatives,
)
from .site_kernels.reciprocal_kernel import GaussianShells as GaussianShells, ReciprocalKernel as ReciprocalKernel
from .site_kernels.structure_factors import (
    StructureFactors as StructureFactors,
    structure_factors as structure_factors,
)
from .targets.class_target import ClassTarget as ClassTarget
from .targets.equivalent_labels import equivalent_labels as equivalent_labels
from .targets.parse import parse_target as parse_target
from .targets.scalar_target import ScalarTarget as ScalarTarget
from .targets.target import Target as Target, columns as columns
from .targets.tensor_target import TensorTarget as TensorTarget
from .tensors.dielectric import (
    Principal as Principal,
    directional_value as directional_value,
    principal as principal,
    refractive_index as refractive_index,
    refractive_indices as refractive_indices,
)
from .tensors.directions import Extreme as Extreme
from .tensors.elasticity import (
    ElasticModuli as ElasticModuli,
    Moduli as Moduli,
    Stability as Stability,
    elastic_moduli as elastic_moduli,
    extreme_youngs_moduli as extreme_youngs_moduli,
    linear_compressibility as linear_compressibility,
    stability as stability,
    youngs_modulus as youngs_modulus,
)
from .tensors.frames import ieee_frame as ieee_frame, rotate_tensor as rotate_tensor
from .tensors.projection import (
    ProjectedTensor as ProjectedTensor,
    allowed_basis as allowed_basis,
    project_tensor as project_tensor,
)
from .tensors.tensor_space import TensorSpace as TensorSpace, allowed_tensors as allowed_tensors
from .tensors.voigt import (
    ASYMMETRY as ASYMMETRY,
    OTHER_ORDERS as OTHER_ORDERS,
    VOIGT_ORDER as VOIGT_ORDER,
    compliance_matrix as compliance_matrix,
    compliance_tensor as compliance_tensor,
    from_mandel as from_mandel,
    from_order as from_order,
    piezoelectric_matrix as piezoelectric_matrix,
    piezoelectric_tensor as piezoelectric_tensor,
    stiffness_matrix as stiffness_matrix,
    stiffness_tensor as stiffness_tensor,
    symmetric_tensor as symmetric_tensor,
    symmetric_vector as symmetric_vector,
    to_mandel as to_mandel,
)
from .training.calibrate import Calibrated as Calibrated, calibrate as calibrate
from .training.config import TrainingConfig as TrainingConfig
from .training.data import SplitData as SplitData, TrainingData as TrainingData
from .training.loss import mean_losses as mean_losses, target_losses as target_losses
from .training.trainer import EpochReport as EpochReport, Trainer as Trainer, set_scale as set_scale
