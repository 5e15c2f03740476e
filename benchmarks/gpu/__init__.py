"""``python -m benchmarks gpu``: what the runtime does on a GPU, checked and measured in one run of minutes."""
