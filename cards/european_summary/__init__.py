"""eu-summary.md: a draft of the public summary that Union law asks for."""
