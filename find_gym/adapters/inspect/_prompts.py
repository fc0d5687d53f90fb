"""The task in words for a model that calls tools."""

from __future__ import annotations

_NUMERIC = """\
There is a hidden function f. It takes one number and returns one number. Find out what it computes, and describe it.

The tool `query` takes any inputs from -128 to 128 and returns the outputs in the same order; null means that the
function is undefined there. The function may be a common mathematical function or a sum or product of two; its
constants may have decimals. Its outputs may be noisy. On a part of the inputs (below a bound, above a bound, or between
two bounds) it may depart from its rule. It may also be a neural network that only approximates such a function.

When you know enough, or when the budget is spent, call the tool `submit`. The code is judged: f(x) is called with
single numbers, should return the function's output without noise, and nan where f is undefined. It may import math and
numpy, and hold about as many numbers as 24 points have (48 numbers of five digits), so that a table of your queries
does not pass."""

_STRINGS = """\
There is a hidden function f. It takes one string and returns one string. Find out what it computes, and describe it.

The tool `query` takes any strings of at most 1000 characters and returns the outputs in the same order, as JSON. The
function applies one operation on strings (such as reversing, removing, replacing, counting, shifting letters along the
alphabet), or one to the result of another. It may treat some strings by another rule.

When you know enough, or when the budget is spent, call the tool `submit`. The code is judged: f(s) is called with
single strings and has to return exactly the function's output. It may import string, re and math. The texts and
numbers in it may have about 300 characters in all, so that a table of your queries does not pass."""

_ENTITIES = """\
There is a hidden function f, a stand-in for a neuron. It takes one word or name (or a short expression) and returns its
activation, a number in [0, 1]. It responds to one concept, or to a combination of a few. Find out which, and describe
it.

The tool `query` takes any words of at most 200 characters and returns the activations in the same order. Words that
have to do with the concept activate the function by more than 0.5, others by less; words that have a little to do with
it may lead you there.

When you know enough, or when the budget is spent, call the tool `submit`. The description is judged by how well one can
tell from it which words activate the function, on words that you have not seen. Name what it responds to; a list of
everything is worth nothing."""

_RELATIONS = """\
There is a hidden function f. It takes one word or name and returns one word, a name or a number: for inputs of one kind
(countries, animals, verbs, ...) it answers with what stands in one relation to them, for all others with "undefined".
It may be "undefined" for a part of its own inputs as well (countries in Asia, verbs that begin with S, ...). Find out
which relation it is and where its exception is, and describe both.

The tool `query` takes any words of at most 200 characters and returns the outputs in the same order.

When you know enough, or when the budget is spent, call the tool `submit`. The description is judged by the answers that
it predicts for words that you have not seen. A list of many relations describes none of them."""

_TASKS = {"numeric": _NUMERIC, "strings": _STRINGS, "entities": _ENTITIES, "relations": _RELATIONS}
_RULES = "\n\nEach input costs 1 of your budget of {budget}. You have one submission and {messages} tool calls in all."
_EXEMPLARS = "\n\nYou may begin with these words: {words}"


def tools_prompt(category: str, info: dict[str, object], words: list[str]) -> str:
    """Returns the first message to a model that calls tools.

    Args:
        category: the category of the function.
        info: the first info of the episode, with "budget" and "steps_left".
        words: words to start from; may be empty.
    """
    rules = _RULES.format(budget=info["budget"], messages=info["steps_left"])
    return _TASKS[category] + rules + (_EXEMPLARS.format(words=", ".join(words)) if words else "")
