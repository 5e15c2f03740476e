"""Exact bases of vector fields, their proof, and the moments that sites allow (T10)."""
