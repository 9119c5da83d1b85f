"""What Jinja2 itself sees in a template: one `kind<TAB>name` per line, sorted. Usage: oracle.py TEMPLATE..."""
import sys
from jinja2 import meta, nodes
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    """`{% generation %}`, as transformers defines it."""
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.Scope(body, lineno=line)


def facts(text):
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True,
        extensions=[Generation, "jinja2.ext.loopcontrols", "jinja2.ext.do"])
    environment.globals.clear()
    try:
        tree = environment.parse(text)
    except Exception as error:  # any refusal counts
        return {("error", type(error).__name__)}
    found = set()
    for node in tree.find_all(nodes.Filter):
        found.add(("filter", node.name))
        environment.filters.setdefault(node.name, str)
    for node in tree.find_all(nodes.Test):
        found.add(("test", node.name))
        environment.tests.setdefault(node.name, bool)
    for node in tree.find_all(nodes.Getattr):
        found.add(("attribute", node.attr))
    for node in tree.find_all(nodes.Getitem):
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            found.add(("attribute", node.arg.value))
    for name in meta.find_undeclared_variables(tree):
        found.add(("global", name))
    return found


for path in sys.argv[1:]:
    print("file\t" + path)
    for kind, name in sorted(facts(open(path, encoding="utf-8", newline="").read())):
        print(kind + "\t" + name.encode("unicode_escape").decode())
