"""From waves to proved bases: dual graph, orbits, phases, certificate, and formulas."""
