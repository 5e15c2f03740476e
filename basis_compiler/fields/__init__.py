"""Fields on grids from the files of other programs, and back."""
