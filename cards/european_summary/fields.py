"""Fields of the template."""

TO_FILL = "**TO BE FILLED**"


def fields(*named: tuple[str, str]) -> list[str]:
    """Named fields of the template; an empty one is open. Answers are escaped already."""
    return [*(f"- {name}: {answer or TO_FILL}" for name, answer in named), ""]
