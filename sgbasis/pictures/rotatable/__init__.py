"""Pictures that can be turned in a browser: HTML files that hold all that they need."""
