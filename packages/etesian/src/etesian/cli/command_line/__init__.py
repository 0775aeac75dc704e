"""The words of the command line, and the options that they say."""
