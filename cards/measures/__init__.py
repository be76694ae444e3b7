"""Facts by subject: what was counted, and what each number means."""
