"""Reference values of datasets, and how far predictions are from them."""
