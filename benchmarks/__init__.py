"""Benchmarks: off by default, run by ``make bench``; ratios are measured in one run."""
