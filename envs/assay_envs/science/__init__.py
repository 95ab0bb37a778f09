"""Physics and chemistry with units and significant figures, one kind of problem a file."""
