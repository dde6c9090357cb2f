"""The command line: options, what the commands do, what they print."""
