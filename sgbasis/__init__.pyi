# For type checkers and editors: the names of _MODULES in __init__.py.
from basis_compiler import (
    compile_crystals as compile_crystals,
    compile_dataset as compile_dataset,
    compile_recipe as compile_recipe,
    read_crystals as read_crystals,
    read_magnetic_crystals as read_magnetic_crystals,
    spin_symmetry as spin_symmetry,
    standardize as standardize,
)
from basis_store import (
    CrystalRecord as CrystalRecord,
    IndexSymmetry as IndexSymmetry,
    Recipe as Recipe,
    Setting as Setting,
    SgbasisError as SgbasisError,
    all_settings as all_settings,
    fetch_store as fetch_store,
    open_crystals as open_crystals,
    open_store as open_store,
)
from runtime import (
    Basis as Basis,
    Store as Store,
    WaveEncoder as WaveEncoder,
    from_pretrained as from_pretrained,
    load_store as load_store,
    shipped_models as shipped_models,
)
from sgbasis.fields.crystal_plane import CrystalPlane as CrystalPlane
from sgbasis.fields.field_difference import subtract_fields as subtract_fields
from sgbasis.pictures.basis_function import function_picture as function_picture
from sgbasis.pictures.fields.field_pictures import (
    isosurface_picture as isosurface_picture,
    profile_picture as profile_picture,
    section_picture as section_picture,
)
from sgbasis.pictures.tensors.tensor_surface import (
    dielectric_picture as dielectric_picture,
    youngs_modulus_picture as youngs_modulus_picture,
)
from sgbasis.prediction.derivatives import (
    PropertyDerivatives as PropertyDerivatives,
    derivatives as derivatives,
)
from sgbasis.prediction.embed import CrystalEmbeddings as CrystalEmbeddings, embed as embed
from sgbasis.prediction.predict import predict as predict
from sgbasis.prediction.predicted_value import Prediction as Prediction
from sgbasis.prediction.predictions import Predictions as Predictions
from sgbasis.tensors import project_tensor as project_tensor

__version__: str
