"""A profile on its way to the workers: names and bounds, of which each makes the rules again."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from haybale.corpus.errors import RecipeError
from haybale.quality.edits import edits
from haybale.quality.profiles import PROFILE_SUFFIX, Profile, load_profile, read_profile
from haybale.quality.rules import Bounds, rules


@dataclass(frozen=True)
class PackedProfile:
    """What a profile is made of; see `haybale.quality.profiles.Profile`.

    Attributes:
        digest: Of the profile: a worker that makes another of it has other rules.
    """

    name: str
    about: str
    edits: tuple[str, ...]
    rules: tuple[str, ...]
    bounds: Mapping[str, Bounds]
    language_bounds: bool
    measure_only: bool
    digest: str

    @classmethod
    def of(cls, profile: Profile) -> "PackedProfile":
        """Pack one."""
        return cls(
            profile.name,
            profile.about,
            tuple(edit.name for edit in profile.edits),
            tuple(rule.name for rule in profile.rules),
            dict(profile.bounds),
            profile.language_bounds,
            profile.measure_only,
            profile.digest,
        )

    def unpack(self) -> Profile:
        """The profile.

        Raises:
            RecipeError: If a rule or an edit is missing here, or is another one.
        """
        known_rules, known_edits = rules(), edits()
        missing = [name for name in self.rules if name not in known_rules]
        missing += [name for name in self.edits if name not in known_edits]
        if missing:
            raise RecipeError(
                f"profile {self.name}: {missing[0]} is not known on this worker; install the "
                "package that has it there too"
            )
        profile = Profile(
            self.name,
            self.about,
            tuple(known_edits[name] for name in self.edits),
            tuple(known_rules[name] for name in self.rules),
            self.bounds,
            self.language_bounds,
            self.measure_only,
        )
        if profile.digest != self.digest:
            raise RecipeError(
                f"profile {self.name}: has digest {profile.digest} on this worker, the pipeline "
                f"was made with {self.digest}; give all workers the same version of haybale"
            )
        return profile


def find_profile(profile: str | os.PathLike[str] | Profile, transform: str) -> Profile:
    """A profile by name, from a file whose name ends in `.toml`, or as it is.

    Raises:
        RecipeError: If there is none.
    """
    if isinstance(profile, Profile):
        return profile
    given = os.fspath(profile)
    try:
        return read_profile(given) if given.endswith(PROFILE_SUFFIX) else load_profile(given)
    except RecipeError as error:
        raise RecipeError(f"{transform}: {str(error).removeprefix('quality: ')}") from None
