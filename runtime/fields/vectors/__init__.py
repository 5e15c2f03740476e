"""Vector fields: the functions of a basis, and symmetrising on grids (T10)."""
