"""Programs that run inside the sandbox; ``assay_verifiers.guests`` brings them there."""
