"""The server of ``sgbasis explorer``: for this machine only."""
