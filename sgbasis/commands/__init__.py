"""One file per command. They import only click at the top: whatever is heavy is imported when a command runs."""
