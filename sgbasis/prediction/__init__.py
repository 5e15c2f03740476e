"""From files of crystals to predictions, of any number of crystals."""
