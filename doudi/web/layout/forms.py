"""Form fields as the pages draw them: label, hint, error and control tied together for screen readers."""

from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates


class FieldRenderer(DjangoTemplates):
    """Draws a field with `layout/field.html`."""

    field_template_name = "layout/field.html"


class PageForm(forms.Form):
    """A form whose controls carry the page's classes."""

    default_renderer = FieldRenderer()
    use_required_attribute = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            widget = field.widget
            if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
                css = "form-check-input"
            elif isinstance(widget, forms.Select):
                css = "form-select"
            else:
                css = "form-control"
            widget.attrs.setdefault("class", css)

    def mark_errors(self) -> None:
        """Give refused fields the class that draws them as refused."""
        for name in self.errors:
            if name in self.fields:
                attrs = self.fields[name].widget.attrs
                attrs["class"] = f"{attrs.get('class', '')} is-invalid".strip()

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound:
            self.mark_errors()
