"""Code that ours is compared with, as others would write it."""
