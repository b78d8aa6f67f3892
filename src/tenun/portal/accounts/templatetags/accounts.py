"""Form fields as our pages draw them: a label above, no placeholder in its stead."""

from __future__ import annotations

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def bare_input(field: BoundField) -> SafeString:
    """The field's own input, in our style and without the placeholder that repeats its label."""
    field.field.widget.attrs.pop("placeholder", None)
    return field.as_widget(attrs={"class": "input"})
