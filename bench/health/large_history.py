#!/usr/bin/env python3
"""Writes a git repository with a long history of a model, as a stream for `git fast-import`.

usage: large_history.py COMMITS | git -C EMPTY_BARE_REPOSITORY fast-import --quiet
then:  time weighhouse health EMPTY_BARE_REPOSITORY

Forty people, a tag every thousand commits, code in folders, weights that change now and then.
"""
import sys


def main(commits):
    out = sys.stdout.buffer
    start = 1_500_000_000
    for number in range(commits):
        who = f"Person {number * 7 % 40} <p{number * 7 % 40}@org{number * 7 % 9}.example>"
        when = start + number * 2_000
        message = f"change {number}\n".encode()
        out.write(f"commit refs/heads/main\nauthor {who} {when} +0000\ncommitter {who} {when} +0000\n".encode())
        out.write(b"data %d\n%s" % (len(message), message))
        path = f"src/part{number % 50}/module{number % 400}.py"
        if number % 500 == 0:
            path = "model.safetensors"
        content = f"value = {number}\n".encode() * (1 + number % 20)
        out.write(f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
        if number % 1_000 == 999:
            out.write(f"reset refs/tags/v{number // 1_000}\nfrom refs/heads/main\n\n".encode())
    out.write(b"done\n")


main(int(sys.argv[1]))
