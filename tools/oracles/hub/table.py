"""The table of what each client does, and what its users see."""

import re

HEAD = """<!-- Written by tools/oracles/hub/run --write; do not edit. -->
# Clients of the gate

What unmodified clients do with the gate, and what their users see. This page is written by `tools/oracles/hub/run`, which installs the
clients, starts a gate, and asks each of them; what it finds is an error if it is not as expected.

## What works

*refused*: in the client's own words, without the reason that the gate gives. *from bytes=…*: where a download that was cut off went on. –: there is
no such call.

"""

SEEN = """
## What users see

Texts as the clients print them, without their stack traces; the gate's own words are the same everywhere and depend on the reason.
"""


def differs(case, value):
    """Whether what came out is not what was expected; command lines print for people, so that only names are looked for."""
    wanted = case.gives
    if wanted is None or value == wanted:
        return None
    if isinstance(value, list):
        # Lists of Rust clients and of command lines hold names only.
        names = sorted(wanted) if isinstance(wanted, dict) else wanted
        if sorted(value) == names or value == [wanted]:
            return None
        if case.id == "paths" and value == ["1"]:
            return None
        if case.id == "verify" and value == ["Org/Clean"]:
            return None
    return f"{value} instead of {wanted}"


def plain(text, known):
    """A text without what differs from run to run."""
    text = text.replace(known["gate"].address, "https://gate.example")
    text = re.sub(r"http://127\.0\.0\.1:\d+", "https://gate.example", text)
    # Another one with each request.
    text = re.sub(r", request_id=[0-9a-f]+", "", text)
    text = re.sub(r"\(?Request ID: [^)\n]*\)?", "", text)
    text = re.sub(r"\b[0-9a-f]{40}\b", "<commit>", text)
    text = re.sub(r"\b(at|commit) [0-9a-f]{12}\b", r"\1 <commit>", text)
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines)


def cell(result):
    if result is None or result.get("lacks"):
        return "–"
    if result.get("fault"):
        return "no"
    if result.get("limit"):
        return result["limit"]
    if result.get("mute"):
        return "refused"
    return f"yes, {result['note']}" if "note" in result else "yes"


def short(text, most=420):
    text = text.replace("|", "\\|")
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"


def written(clients, asked, results, known):
    works, refused, withdrawn = asked
    lines = [HEAD + "| | " + " | ".join(client.name for client in clients) + " |", "| --- |" + " --- |" * len(clients)]
    for case in works:
        if case.id != "warm":
            cells = [cell(results.get((client.name, case.id))) for client in clients]
            lines.append(f"| {case.title} | " + " | ".join(cells) + " |")
    for case in refused + withdrawn:
        cells = [cell(results.get((client.name, case.id))) for client in clients]
        lines.append(f"| the reason is shown: {case.title} | " + " | ".join(cells) + " |")
    lines.append(SEEN)
    for case in refused + withdrawn:
        lines += [f"### {case.title[0].upper()}{case.title[1:]}", "", "| client | prints |", "| --- | --- |"]
        for client in clients:
            result = results.get((client.name, case.id))
            if result and not result.get("lacks"):
                seen = plain(result.get("error", "nothing: it was obtained"), known)
                said = plain(result.get("said", ""), known)
                said = f" And warns: {short(said)}" if said and said not in seen and client.kind != "rust" else ""
                lines.append(f"| {client.name} | {short(seen)}{said} |")
        lines.append("")
    return "\n".join(lines)
