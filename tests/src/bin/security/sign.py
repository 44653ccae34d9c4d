"""Signs what schemathesis makes up, as a device does: RFC 9421 in the profile of core/src/wire/signature.rs.

The device enrols once, with a key of its own. One request in eight goes unsigned or with a signature of another body, so
that those answers are seen too. Half of the enrolments carry a real key and the school's own enrolment key.
"""

import base64
import hashlib
import itertools
import json
import os
import time
from urllib.parse import urlsplit

import requests
import schemathesis
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

RELAY = os.environ["LAPWING_URL"]
TRUSTED = os.environ["LAPWING_CERT"]
ENROLMENT_KEY = os.environ["LAPWING_ENROLMENT_KEY"]

key = ec.generate_private_key(ec.SECP256R1())
turn = itertools.count()


def point(of):
    form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    return base64.urlsafe_b64encode(of.public_key().public_bytes(*form)).rstrip(b"=").decode()


def enrolment(of):
    return {
        "enrolment_key": ENROLMENT_KEY,
        "public_key": point(of),
        "label": "schemathesis",
        "extension_version": "0.1.0",
    }


answer = requests.post(f"{RELAY}/api/v1/enrol", json=enrolment(key), verify=TRUSTED, timeout=30)
answer.raise_for_status()
device = answer.json()["device_id"]


def signature(method, path, body):
    digest = "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"
    parameters = f'("@method" "@path" "content-digest");created={int(time.time())};keyid="{device}"'
    base = f'"@method": {method}\n"@path": {path}\n"content-digest": {digest}\n"@signature-params": {parameters}'
    r, s = utils.decode_dss_signature(key.sign(base.encode(), ec.ECDSA(hashes.SHA256())))
    raw = base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
    return {
        "Content-Digest": digest,
        "Signature-Input": f"lapwing={parameters}",
        "Signature": f"lapwing=:{raw}:",
    }


class Device(requests.auth.AuthBase):
    def __call__(self, request):
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode("utf-8", "surrogatepass")
        if not isinstance(body, bytes):
            return request
        path = urlsplit(request.url).path
        number = next(turn)
        if path == "/api/v1/enrol":
            return request
        if number % 16 == 7:
            return request
        if number % 16 == 15:
            body = body + b" "
        request.headers.update(signature(request.method, path, body))
        return request


schemathesis.auth.set_from_requests(Device())


@schemathesis.hook
def before_call(context, case, kwargs):
    """Lets half of the enrolments through the door."""
    if case.path == "/api/v1/enrol" and isinstance(case.body, dict) and next(turn) % 2 == 0:
        for name, value in enrolment(ec.generate_private_key(ec.SECP256R1())).items():
            if name in case.body and name in ("enrolment_key", "public_key"):
                case.body[name] = value
