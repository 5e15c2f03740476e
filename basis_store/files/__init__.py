"""Files that are read and written safely: HDF5, hashes, atomic writes, and where the data of the package lie."""
