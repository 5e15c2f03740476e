"""The command line of sgbasis. In Python, import ``runtime``, ``basis_store`` or ``basis_compiler``."""
