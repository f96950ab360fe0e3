"""External properties: names and values that apps hang on communications and documents, and find them by [sdk]."""

from typing import Any

from sandbox.clio.answers import unprocessable
from sandbox.clio.call import Call
from sandbox.clio.table import Record, instant

_MOST = 5


def external_properties(call: Call, wanted: Any, before: Record) -> list[Record]:
    """The properties after a body's list: known by ``id``, removed by ``_destroy``, others added. Raises Refusal.

    At most 5 on a record [sdk]; the same name twice is allowed [assumed].
    """
    properties = [dict(kept) for kept in before.get("_external_properties", ())]
    for item in wanted or ():
        known = None
        if "id" in item:
            known = next((kept for kept in properties if kept["id"] == item["id"]), None)
            if known is None:
                raise unprocessable(f"There is no external property {item['id']} on this record.")
        if known is not None and item.get("_destroy"):
            properties.remove(known)
            continue
        if known is None:
            number = call.firm.number("external property")
            known = {"id": number, "etag": f'"{number:x}"', "created_at": instant(call.now)}
            properties.append(known)
        known |= {name: item[name] for name in ("name", "value") if name in item} | {"updated_at": instant(call.now)}
        if not (_text(known.get("name")) and _text(known.get("value"))):
            raise unprocessable("External property name and value can't be blank.")
    if len(properties) > _MOST:
        raise unprocessable(f"A record cannot have more than {_MOST} external properties.")
    return properties


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
