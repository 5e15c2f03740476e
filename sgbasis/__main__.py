"""``python -m sgbasis``."""

from sgbasis.cli import main

if __name__ == "__main__":
    main(prog_name="sgbasis")
