"""Commands about tensors."""
