"""Space groups: operations, origin shifts, normalizers, Wyckoff positions."""
