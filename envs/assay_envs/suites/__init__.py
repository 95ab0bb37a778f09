"""The suites that come with Assay, one TOML each; see :mod:`assay_envs.suite`."""
