"""Commands on reflections."""
