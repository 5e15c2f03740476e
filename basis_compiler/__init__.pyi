# The public names of basis_compiler and the files that define them; each is imported on first use.
from .bases.certificate import prove as prove, prove_store as prove_store
from .bases.compiler import compile_recipe as compile_recipe, compile_setting as compile_setting
from .bases.dimensions import dimensions as dimensions
from .bases.dual_graph import dual_graph as dual_graph
from .bases.formula_text import formula_latex as formula_latex, formula_text as formula_text
from .bases.trigonometric_form import (
    TrigonometricForm as TrigonometricForm,
    coordinate_symbols as coordinate_symbols,
    symbolic_function as symbolic_function,
    trigonometric_form as trigonometric_form,
)
from .crystals.asymmetric_unit import compile_crystal as compile_crystal, compile_crystals as compile_crystals
from .crystals.crystal import Crystal as Crystal
from .crystals.formats.file_formats import read_crystals as read_crystals
from .crystals.magnetic.magnetic_crystal import (
    MagneticCrystal as MagneticCrystal,
    MagneticOperationList as MagneticOperationList,
)
from .crystals.magnetic.moment_files import read_magnetic_crystals as read_magnetic_crystals
from .crystals.standardization import Site as Site, StandardCrystal as StandardCrystal, standardize as standardize
from .datasets.compiler import compile_dataset as compile_dataset
from .fields.field_file import FieldFile as FieldFile
from .fields.field_formats import (
    read_field as read_field,
    read_fields as read_fields,
    write_field as write_field,
    write_fields as write_fields,
)
from .groups.origin_shifts import OriginShifts as OriginShifts, origin_shifts as origin_shifts
from .groups.spglib_database import operations as operations
from .groups.wyckoff import compile_wyckoff_positions as compile_wyckoff_positions
from .magnetism.polynomial_text import form_text as form_text
from .magnetism.spin_laue_group import SpinLaueGroup as SpinLaueGroup
from .magnetism.spin_pattern import SpinPattern as SpinPattern
from .magnetism.spin_symmetry import SpinSymmetry as SpinSymmetry, spin_symmetry as spin_symmetry
from .magnetism.splitting_form import Monomial as Monomial, SplittingForm as SplittingForm
from .parallel.processes import available_cores as available_cores
from .reflections.conditions.reflection_conditions import (
    ReflectionConditions as ReflectionConditions,
    reflection_conditions as reflection_conditions,
)
from .reflections.conditions.special_conditions import (
    SpecialConditions as SpecialConditions,
    special_conditions as special_conditions,
)
from .reflections.extinctions.class_ranking import GroupsFor as GroupsFor
from .reflections.extinctions.groups_for import groups_for as groups_for
from .reflections.extinctions.peak_lists import groups_for_peaks as groups_for_peaks, read_peaks as read_peaks
from .reflections.formats.reflection_files import read_reflections as read_reflections
from .reflections.fourier_synthesis import (
    SynthesizedField as SynthesizedField,
    fourier_synthesis as fourier_synthesis,
)
from .reflections.reflection_list import (
    ReflectionList as ReflectionList,
    reflection_list as reflection_list,
)
from .tensors.compiler import compile_tensors as compile_tensors
from .vector_fields.site_moments import SiteMoments as SiteMoments, site_moments as site_moments
from .vector_fields.vector_compiler import compile_vector_basis as compile_vector_basis
