"""What holds for all tests."""

from hypothesis import settings

# How long an example takes says nothing where cores are shared.
settings.register_profile("haybale", deadline=None)
settings.load_profile("haybale")
