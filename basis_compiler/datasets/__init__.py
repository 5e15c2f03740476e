"""From files of crystals to a compiled dataset."""
