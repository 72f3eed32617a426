"""What people ask, each with its query, its definition and its chart."""

from serving.questions.catalogue import PAGES, QUESTIONS, Page
from serving.questions.common import Answered, Question, answer

__all__ = ["PAGES", "QUESTIONS", "Answered", "Page", "Question", "answer"]
