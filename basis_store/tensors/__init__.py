"""Exact bases of the property tensors that point groups allow, and how they are written as matrices."""
