"""Pictures of basis functions and tensors."""
