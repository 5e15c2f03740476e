"""Exact bases of invariant tensors, and their proof."""
