"""`intime-sync` with one more kind: what one more line in the registry would make of it."""

from template_kind import TemplateKind

from intime_sync.kinds.registry import register

register(TemplateKind())

if __name__ == "__main__":
    from intime_sync.cli.main import entry

    entry()
