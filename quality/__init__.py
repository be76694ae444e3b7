"""Which text is worth training on: extraction, language, rules."""
