"""What each command prints; the work itself is done in the modules above the command line."""
