"""Timings, run by ``make bench`` and never by the tests; ratios are measured in one run."""
