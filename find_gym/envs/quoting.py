"""The quoting of `find_gym.interfaces.quoting`, under the name that it had."""

from find_gym.interfaces.quoting import escape_controls, escape_template_tokens, quote_values

__all__ = ["escape_controls", "escape_template_tokens", "quote_values"]
