"""The version of this distribution, which every file that it writes names; ``pyproject.toml`` reads it here."""

VERSION = "0.1.0"
