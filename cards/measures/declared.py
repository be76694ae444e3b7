"""What the corpus's author says, and what was left open."""

from dataclasses import fields

from haybale.cards.declaration import NOT_ANSWERS, CardDeclaration
from haybale.cards.fact import Fact, not_measured
from haybale.cards.inputs import CardInputs

MEASURE = "declared.answer"
WHY_OPEN = "not provided by the corpus's author"

MEASURES = {
    MEASURE: (
        "The author's answer to a question that no pipeline can answer, from the recipe's [card] "
        "or a card.toml. Nobody checked it."
    ),
    "declared.open": "Questions that the author left open.",
}

QUESTIONS = tuple(
    field.name
    for field in fields(CardDeclaration)
    if field.type is str and field.name not in NOT_ANSWERS
)
"""What can be answered in words."""


def facts(inputs: CardInputs) -> list[Fact]:
    """An answer or a gap for each question, and how many gaps there are."""
    answers = {question: getattr(inputs.declared, question) for question in QUESTIONS}
    num_open = sum(not answer for answer in answers.values())
    return [
        *(
            Fact(MEASURE, answer, "", "declared", {"question": question})
            if answer
            else not_measured(MEASURE, WHY_OPEN, question=question)
            for question, answer in answers.items()
        ),
        Fact("declared.open", num_open, "questions", "exact"),
    ]
