"""Files of reflections, in the formats of SHELX, CIF, CSV and MTZ."""
