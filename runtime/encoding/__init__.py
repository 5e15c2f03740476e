"""Encodings of many atoms in many groups at once: symmetrised plane waves on the waves that all settings share."""

from runtime.encoding.wave_encoder import WaveEncoder

__all__ = ["WaveEncoder"]
