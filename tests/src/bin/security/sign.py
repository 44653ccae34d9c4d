"""Signs what schemathesis makes up, as a device does: RFC 9421 in the profile of core/src/wire/signature.rs.

The device enrols once, with a key of its own, and begins a session. Half of the requests but check-ins are signed with the
session's key; one in eight goes unsigned or with a signature of another body, so that those answers are seen too. Half of the
enrolments carry a real key and the school's own enrolment key.
"""

import base64
import hashlib
import hmac
import itertools
import json
import os
import time
from urllib.parse import urlsplit

import requests
import schemathesis
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

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


def by_key(base):
    r, s = utils.decode_dss_signature(key.sign(base, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signature(method, path, body, session=None):
    digest = "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"
    name, alg = (f"{device}/{session['id']}", ';alg="hmac-sha256"') if session else (device, "")
    parameters = f'("@method" "@path" "content-digest");created={int(time.time())};keyid="{name}"{alg}'
    base = f'"@method": {method}\n"@path": {path}\n"content-digest": {digest}\n"@signature-params": {parameters}'.encode()
    raw = hmac.digest(session["key"], base, "sha256") if session else by_key(base)
    return {
        "Content-Digest": digest,
        "Signature-Input": f"lapwing={parameters}",
        "Signature": f"lapwing=:{base64.b64encode(raw).decode()}:",
    }


def begin_session():
    own = ec.generate_private_key(ec.SECP256R1())
    said = {name: "schemathesis" for name in ("extension_version", "browser", "lists_version", "policy_version")}
    said |= {"state": "watching", "waiting": 0, "refused": 0, "session_point": point(own)}
    body = json.dumps(said).encode()
    headers = {"Content-Type": "application/json"} | signature("POST", "/api/v1/check-in", body)
    answer = requests.post(f"{RELAY}/api/v1/check-in", data=body, headers=headers, verify=TRUSTED, timeout=30)
    answer.raise_for_status()
    grant = answer.json()["session"]
    theirs = base64.urlsafe_b64decode(grant["point"] + "=")
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
    info = "\n".join([device, grant["id"], point(own), grant["point"]]).encode()
    derived = HKDF(hashes.SHA256(), 32, b"lapwing device session v1", info)
    return {"id": grant["id"], "key": derived.derive(shared)}


session = begin_session()


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
        by = session if number % 2 == 0 and path != "/api/v1/check-in" else None
        request.headers.update(signature(request.method, path, body, by))
        return request


schemathesis.auth.set_from_requests(Device())


@schemathesis.hook
def before_call(context, case, kwargs):
    """Lets half of the enrolments through the door."""
    if case.path == "/api/v1/enrol" and isinstance(case.body, dict) and next(turn) % 2 == 0:
        for name, value in enrolment(ec.generate_private_key(ec.SECP256R1())).items():
            if name in case.body and name in ("enrolment_key", "public_key"):
                case.body[name] = value
