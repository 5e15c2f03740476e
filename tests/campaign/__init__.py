"""A campaign against the command line: thousands of damaged and hostile inputs, and runs that are killed.

``python -m tests.campaign`` makes 10,000 inputs and kills 100 runs; :mod:`tests.campaign.test_short_campaign` is
the short form for continuous integration. Every input is made from a seed and its number, so each finding can be
repeated with ``--only SUBJECT:NUMBER``.
"""
