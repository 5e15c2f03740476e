"""Models of other groups, written from their papers, to be trained on the same crystals as ours."""
