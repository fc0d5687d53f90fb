"""Tools for first estimates of an atom's constants: linear least squares, scans of grids, sines, rationals."""
