"""The subjects of the campaign, a module per kind of input."""
