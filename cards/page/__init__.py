"""The card as a page for people: card.html."""

from haybale.cards.page.page import render_page

__all__ = ["render_page"]
