"""Commands on crystals with magnetic moments."""
