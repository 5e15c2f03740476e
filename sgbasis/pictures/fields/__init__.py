"""Pictures of fields."""
