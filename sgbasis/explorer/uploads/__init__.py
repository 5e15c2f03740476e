"""What the explorer shows of a file of a crystal or a field, made in a process with limits."""
