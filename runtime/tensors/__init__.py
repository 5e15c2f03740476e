"""Property tensors of crystals: matrix forms, frames, moduli, and the nearest that obeys the symmetry.

Tensors are Cartesian, in any unit (by convention dielectric relative, piezoelectric e in C/m^2, elastic in
GPa), in the frame in which a record gives its lattice vectors.
"""

from runtime.tensors.dielectric import (
    Principal,
    directional_value,
    principal,
    refractive_index,
    refractive_indices,
)
from runtime.tensors.directions import Extreme
from runtime.tensors.elasticity import (
    ElasticModuli,
    Moduli,
    Stability,
    elastic_moduli,
    extreme_youngs_moduli,
    linear_compressibility,
    stability,
    youngs_modulus,
)
from runtime.tensors.ieee_frame import ieee_frame
from runtime.tensors.projection import ProjectedTensor, allowed_basis, project_tensor
from runtime.tensors.rotation import rotate_tensor
from runtime.tensors.voigt import (
    ASYMMETRY,
    VOIGT_ORDER,
    compliance_matrix,
    compliance_tensor,
    from_mandel,
    piezoelectric_matrix,
    piezoelectric_tensor,
    stiffness_matrix,
    stiffness_tensor,
    symmetric_tensor,
    symmetric_vector,
    to_mandel,
)
from runtime.tensors.voigt_order import OTHER_ORDERS, from_order

__all__ = [
    "ASYMMETRY",
    "OTHER_ORDERS",
    "VOIGT_ORDER",
    "ElasticModuli",
    "Extreme",
    "Moduli",
    "Principal",
    "ProjectedTensor",
    "Stability",
    "allowed_basis",
    "compliance_matrix",
    "compliance_tensor",
    "directional_value",
    "elastic_moduli",
    "extreme_youngs_moduli",
    "from_mandel",
    "from_order",
    "ieee_frame",
    "linear_compressibility",
    "piezoelectric_matrix",
    "piezoelectric_tensor",
    "principal",
    "project_tensor",
    "refractive_index",
    "refractive_indices",
    "rotate_tensor",
    "stability",
    "stiffness_matrix",
    "stiffness_tensor",
    "symmetric_tensor",
    "symmetric_vector",
    "to_mandel",
    "youngs_modulus",
]
