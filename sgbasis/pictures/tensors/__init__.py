"""Pictures of property tensors."""
