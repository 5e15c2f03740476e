"""File formats: from files, folders and tables to crystals."""
