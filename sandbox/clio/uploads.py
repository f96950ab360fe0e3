"""Between Clio and its storage host: signed addresses of versions, and the check that their bytes have come."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.clio.answers import Refusal, unprocessable
from sandbox.clio.call import Call
from sandbox.clio.table import Record, instant


def host(call: Call) -> str:
    """The sandbox's own address, under which the storage host answers."""
    address = urlsplit(call.url)
    return f"{address.scheme}://{address.netloc}"


def signed(call: Call, version: Record) -> Record:
    """The version with ``put_url`` and ``put_headers``; both are empty once it is uploaded [sdk]."""
    if version["fully_uploaded"]:
        return version | {"put_url": "", "put_headers": []}
    headers = [("x-amz-server-side-encryption", "AES256"), ("Content-Type", version["content_type"])]
    address = call.firm.storage.put_address(host(call), version["uuid"], version["filename"], headers)
    return version | {"put_url": address, "put_headers": [{"name": name, "value": value} for name, value in headers]}


def finalised(call: Call, uuid: Any, document: Record) -> Record:
    """The document's values with the version of this uuid marked as uploaded. Raises Refusal.

    The error names are Clio's [sdk], their statuses are not published: 422, 503, and 422 when marked already [assumed].
    """
    if not uuid:
        raise unprocessable("UUID is required to mark a document fully uploaded.")
    version = next((kept for kept in document["_versions"] if kept["uuid"] == uuid), None)
    if version is None:
        raise _not_uploaded(document["name"], uuid)
    if version["fully_uploaded"]:
        raise unprocessable("The document is already marked as fully uploaded.")
    if call.firm.upload_timeouts > 0:
        call.firm.upload_timeouts -= 1
        message = "A timeout occurred verifying the remote file. Please try the request again."
        raise Refusal(503, "UploadTimeoutError", message)
    stored = call.firm.storage.objects.get(uuid)
    if stored is None:
        raise _not_uploaded(version["filename"], uuid)
    done = version | {
        "fully_uploaded": True,
        "size": stored.size,
        "updated_at": instant(call.now),
        "_sha256": stored.sha256,
    }
    versions = [done if kept is version else kept for kept in document["_versions"]]
    newest = [kept for kept in versions if kept["fully_uploaded"]][-1]
    shown = {name: newest[name] for name in ("filename", "content_type", "size")}
    return shown | {"_versions": versions, "_completed": True}


def _not_uploaded(file_name: str, uuid: Any) -> Refusal:
    message = f"A matching remote file was not found for the file named {file_name} with UUID {uuid}"
    return Refusal(422, "UploadNotFoundError", message)
