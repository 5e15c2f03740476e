"""What ``python -m sgbasis`` runs."""

from sgbasis.entry_point import main

if __name__ == "__main__":
    main()
