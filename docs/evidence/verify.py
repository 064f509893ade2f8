"""Checks a fusionbus evidence package offline: python verify.py PACKAGE [EXPORTER_KEY_ID [SEAL_KEY_ID]]."""
import base64, hashlib, io, json, sys, zipfile
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
faults = []
def check(what, test):
    try: good = test() is not False
    except Exception: good = False
    print("ok   " if good else "FAULT", what)
    faults.extend([] if good else [what])
def sha(*parts): return hashlib.sha256(b"".join(parts)).hexdigest()
def key_id(key): return sha(base64.b64decode(key))[:16]
def signs(key, signature, told): Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(signature, told)
def packed(files):  # the one way to write a package: with any other byte it is another archive
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        for info in map(zipfile.ZipInfo, sorted(files)):
            info.create_system = 3
            archive.writestr(info, files[info.filename])
    return out.getvalue()
def main(path, exporter="", sealer=""):
    with open(path, "rb") as file, zipfile.ZipFile(io.BytesIO(raw := file.read())) as archive:  # read, never unpacked
        plain = [one for one in archive.infolist() if one.compress_type == 0 and one.file_size <= len(raw)]
        files = {one.filename: archive.read(one) for one in plain if one.filename[:1].isalnum() and ".." not in one.filename}
    check("archive: files once each, not compressed, by plain names, and nothing else", lambda: packed(files) == raw)
    manifest, keys, sign = json.loads(files["manifest.json"]), json.loads(files["keys.json"]), files["manifest.sig"].decode()
    key, told = manifest["key"], b"fusionbus evidence 1\n" + files["manifest.json"]
    check(f"manifest.json: signed by {manifest['exporter']}, key {key_id(key)}", lambda: key_id(key).startswith(exporter) and signs(key, bytes.fromhex(sign), told))
    for name in sorted({*files, *manifest["files"]} - {"manifest.json", "manifest.sig"}):
        check(f"{name}: there, and as it was exported", lambda: sha(files[name]) == manifest["files"][name])
    for name, agency, sign in manifest["reports"]:
        key, tail = keys["reports"][agency][sign["key_id"]], f',"signature":{json.dumps(sign, separators=(",", ":"))}}}'.encode()
        told, same = b"fusionbus report 1\n" + files[name].removesuffix(tail) + b"}", json.loads(files[name])["agency"] == agency
        check(f"{name}: signed by {agency}, key {key_id(key)}", lambda: same and signs(key, base64.b64decode(sign["value"]), told))
    links = {}
    for line, seal in enumerate(map(json.loads, files["seals.jsonl"].splitlines()), 1):
        head, part, link, at = seal["head"], seal["head"]["partition"], seal["previous"], seal["first_offset"] - 1
        key, joins = keys["seals"][head["key_id"]], links[part, at][0] == link if (part, at) in links else part not in {one for one, _ in links}
        for at, record in enumerate(seal["records"], at + 1):
            link = sha(bytes.fromhex(link), part.to_bytes(4, "big"), at.to_bytes(8, "big"), bytes.fromhex(record))
            links[part, at] = link, record
        told = f"fusionbus audit checkpoint 1\n{part}\n{at + 1}\n{link}\n{head['at'].replace('Z', '+00:00')}".encode()
        check(f"seals.jsonl, line {line}: joins the chain of partition {part}, signed by the hub's key {key_id(key)}", lambda: joins and key_id(key).startswith(sealer) and signs(key, bytes.fromhex(head["signature"]), told))
    for line, one in enumerate(map(json.loads, files["audit.jsonl"].splitlines()), 1):
        told = b"".join(len(part).to_bytes(8, "big") + part for part in (one["key"].encode(), one["value"].encode()))
        check(f"audit.jsonl, line {line}: sealed", lambda: links[one["partition"], one["offset"]][1] == sha(one["timestamp_ms"].to_bytes(8, "big"), told))
try: main(*sys.argv[1:4])
except Exception as fault: check(f"the package can be read: {type(fault).__name__} {fault}", lambda: False)
sys.exit(f"{len(faults)} faults." if faults else print("Nothing was changed."))
