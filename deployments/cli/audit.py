"""`podium audit`: verify the ledger, tell what left, and export it; needs no server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from deployments.cli.audit_source import Audited, find_ledger
from deployments.cli.failures import ExitCode
from deployments.cli.options import HomeOption, JsonOption
from deployments.cli.output import emit, emit_line, note, say, show_table
from models.errors import InvalidRequest
from router.ledger_reader.jsonl_source import export_lines
from router.ledger_reader.report import Period, Report, report
from router.ledger_reader.source import Unreadable
from router.ledger_reader.verify import Anchor, Verdict, verify

audit = typer.Typer(no_args_is_help=True, help="Verify the ledger and tell what left.")

FileOption = Annotated[
    str | None,
    typer.Option(
        "--file",
        metavar="PATH",
        help="A ledger elsewhere: a copy of ledger.sqlite, an export, or postgresql://user@host/db.",
    ),
]
AnchorOption = Annotated[
    str | None,
    typer.Option(
        "--anchor",
        metavar="SEQ:HASH",
        help="A head noted earlier; finds an end that was cut off or rewritten since.",
    ),
]


@audit.command("verify")
def verify_ledger(
    file: FileOption = None,
    anchor: AnchorOption = None,
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Check every record, the chain, the seals and the head; exits 1 at the first fault."""
    found = find_ledger(file, home)
    note(found.told)
    verdict = verify(found.source, found.secret, _anchor(anchor))
    if json_:
        emit(verdict.as_dict() | {"source": found.as_dict()})
    else:
        _show_verdict(verdict)
    if not verdict.ok:
        raise typer.Exit(ExitCode.FAILED)


@audit.command("report")
def report_egress(
    left_cluster: Annotated[
        bool, typer.Option("--left-cluster", help="Tell what left, to whom and why it could.")
    ] = False,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="WHEN", help="First moment: 2026-11-01, or with a time."),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="WHEN", help="First moment no longer told; UTC."),
    ] = None,
    file: FileOption = None,
    anchor: AnchorOption = None,
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Tell what left the cluster in a period; exits 1 when the ledger does not hold."""
    if not left_cluster:
        raise InvalidRequest("Say which report: --left-cluster.", param="--left-cluster")
    period = Period(_moment(start, "--from"), _moment(end, "--to"))
    found = find_ledger(file, home)
    note(found.told)
    told = report(found.source, period, found.secret, _anchor(anchor))
    if json_:
        emit(told.as_dict() | {"source": found.as_dict()})
    else:
        _show_report(told)
    if not told.ok:
        raise typer.Exit(ExitCode.FAILED)


@audit.command("export")
def export(
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help="jsonl is the only one.")
    ] = "jsonl",
    file: FileOption = None,
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Print the ledger as JSON Lines, which `audit verify --file` reads; always JSON."""
    if format_ != "jsonl":
        raise InvalidRequest("The ledger is exported as jsonl only.", param="--format")
    found = find_ledger(file, home)
    note(found.told)
    if not _exported(found):
        raise typer.Exit(ExitCode.FAILED)


def _exported(found: Audited) -> bool:
    try:
        with found.source.open() as snapshot:
            for line in export_lines(snapshot):
                emit_line(line)
    except Unreadable as error:
        note(f"Error: the ledger can't be read on ({error}). See `podium audit verify`.")
        return False
    return True


def _show_verdict(verdict: Verdict) -> None:
    if verdict.first_bad is not None:
        say(f"does not hold: record {verdict.first_bad.seq} {verdict.first_bad.why}")
    say(f"records that hold: {verdict.records}, in {verdict.segments} sealed segments and a rest")
    if verdict.head is not None:
        say(f"head: {verdict.head.seq}:{verdict.head.hash}")
    if verdict.ok:
        say(f"head authenticated by the home's secret: {_yes(verdict.authenticated)}")
        say(f"anchor met: {_yes(verdict.anchored)}")
        say("ok")


def _show_report(told: Report) -> None:
    rows = [
        (
            *(str(one[name]) for name in ("at", "provider", "model", "site")),
            str((one["label"] or {}).get("level", "")),
            *(str(one[name]) for name in ("decision_id", "status", "bytes")),
        )
        for one in told.egress
    ]
    if rows:
        columns = ("AT", "PROVIDER", "MODEL", "SITE", "LABEL", "DECISION", "STATUS", "BYTES")
        show_table(columns, rows)
    if told.declassified:
        lowered = ("AT", "DECLASSIFIER", "REPLACED", "BEFORE", "AFTER", "MODEL", "DECISION")
        show_table(lowered, [_lowered_row(one) for one in told.declassified])
    say(told.statement)


def _lowered_row(one: dict[str, Any]) -> tuple[str, ...]:
    counts = ", ".join(f"{type_} {count}" for type_, count in sorted((one["counts"] or {}).items()))
    return (
        *(str(one[name]) for name in ("at", "declassifier")),
        counts or "nothing",
        *(_label(one[name]) for name in ("label_before", "label_after")),
        *(str(one[name]) for name in ("model", "decision_id")),
    )


def _label(label: dict[str, Any] | None) -> str:
    """`CONFIDENTIAL+pii`."""
    return "+".join([str((label or {}).get("level", "")), *(label or {}).get("categories", ())])


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _anchor(text: str | None) -> Anchor | None:
    if text is None:
        return None
    seq, _, digest = text.partition(":")
    if not seq.isdecimal() or len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise InvalidRequest(
            "An anchor is a sequence number, a colon and 64 hex digits, as `podium audit verify`"
            " prints after 'head:'.",
            param="--anchor",
        )
    return Anchor(int(seq), digest)


def _moment(text: str | None, option: str) -> float | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest(
            f"{option} is a date such as 2026-11-01, or a time such as 2026-11-01T12:00:00Z.",
            param=option,
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
