"""The figures on the Markdown pages, filled in from files of results: see :mod:`benchmarks.pages.fill`."""
