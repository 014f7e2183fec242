"""Types of fields as people read them: without constraints that a library checks, which fill whole lines."""

from inspect import Parameter, Signature
from types import SimpleNamespace
from typing import Any, get_type_hints

from docutils import nodes
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from sphinx.util.inspect import stringify_signature


def signature_of_document(
    _app: Any, what: str, _name: str, found: Any, _options: Any, _signature: Any, returns: Any
) -> tuple[str, Any] | None:
    """The fields of a pydantic class, with their types and defaults."""
    if what != "class" or not issubclass(found, BaseModel):
        return None
    hints = get_type_hints(SimpleNamespace(__annotations__=_annotations(found)))  # which strips them
    fields = [_field(name, hints[name], field) for name, field in found.model_fields.items()]
    return stringify_signature(Signature(fields), unqualified_typehints=True), returns


def _annotations(found: type[BaseModel]) -> dict[str, Any]:
    return {name: field.annotation for name, field in found.model_fields.items()}


def _field(name: str, kind: Any, field: FieldInfo) -> Parameter:
    default = Parameter.empty if field.is_required() else field.get_default(call_default_factory=False)
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def drop_constraints(_app: Any, page: nodes.document) -> None:
    """Of a type with a name, leave what its docstring says."""
    for paragraph in list(page.findall(nodes.paragraph)):
        if paragraph.astext().startswith("alias of Annotated"):
            paragraph.parent.remove(paragraph)
