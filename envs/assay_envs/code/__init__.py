"""Programs to write, judged by running them, one kind of problem a file."""
