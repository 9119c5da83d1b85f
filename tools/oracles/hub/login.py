"""`hf auth login` against the gate: the program shows a code, ada allows it, the token that it got is hers."""

import pathlib
import re
import subprocess


def login(client, environment, known):
    """What `hf auth whoami` says after a login by device."""
    environment = {name: value for name, value in environment.items() if name != "HF_TOKEN"}
    environment["HF_HOME"] = f"{environment['HF_HOME']}-login"
    command = [client.command, "auth", "login"]
    run = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    for line in run.stdout:
        said.append(line)
        if code := re.search(r"code: ([A-Z]{4}-[A-Z]{4})$", line.strip()):
            known["gate"].ask("POST", "/api/v1/device", known["token"], {"user_code": code.group(1), "allow": True})
    if run.wait() != 0:
        text = "".join(said)
        # Versions without this way of logging in ask for a token.
        return {"lacks": True} if "requires a token generated from" in text else {"error": text, "said": ""}
    stored = pathlib.Path(environment["HF_HOME"], "token").read_text().strip()
    if stored in (known["token"], ""):
        return {"error": "no token of its own was stored", "said": ""}
    who = subprocess.run([client.command, "auth", "whoami"], env=environment, capture_output=True, text=True)
    return {"value": [name for name in ("ada",) if name in who.stdout], "said": who.stdout + who.stderr}
