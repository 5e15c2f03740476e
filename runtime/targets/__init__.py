"""What models predict: scalars and tensors, each with its own components, loss, scores and units."""
