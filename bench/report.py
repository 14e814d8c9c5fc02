"""Turn the JSON of a benchmark run into a page: ``python -m bench.report results.json``.

Writes `report.html` (self-contained: tables and SVG plots of the speed-up over size) and
`report.md` (the table alone) into ``--out`` (default: beside the JSON).
"""

import argparse
import html
import json
import math
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

try:
    from bench import svg
except ImportError:  # run as a script
    import svg  # type: ignore[no-redef]

Cell = dict[str, Any]
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em;
       color: #222; background: #fff }
table { border-collapse: collapse; margin: 1em 0; font-variant-numeric: tabular-nums }
th, td { padding: .2em .8em; border-bottom: 1px solid #ddd; text-align: right }
th:nth-child(-n+3), td:nth-child(-n+3) { text-align: left }
td.slower { color: #b00 }
dt { font-weight: 600 } dd { margin: 0 0 .3em 1em }
figure { display: inline-block; margin: .5em 1em .5em 0 }
"""


def load(path: Path) -> tuple[dict[str, Any], list[Cell]]:
    """Machine and cells of one pytest-benchmark JSON; benchmarks without a race are left out."""
    with path.open(encoding="utf-8") as file:
        run = json.load(file)
    machine = run["machine_info"].get("fastconv", {})
    machine["when"] = run.get("datetime", "")[:16].replace("T", " ")
    cells = [bench["extra_info"] for bench in run["benchmarks"] if "median" in bench["extra_info"]]
    for cell in cells:  # rivals that ran in other Python installations
        machine.setdefault("versions", {}).update(cell.get("versions", {}))
    return machine, cells


def duration(seconds: float) -> str:
    """Three significant digits with a unit: ``1.23 ms``."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def times(ratio: float) -> str:
    return f"{ratio:.2f}x" if ratio < 10 else f"{ratio:.0f}x"


def first_number(text: str) -> float:
    """``512x512`` -> 512: what a plot's axis shows."""
    digits = str(text).partition("x")[0]
    return float(digits) if digits.replace(".", "", 1).isdigit() else math.nan


def columns(cells: Iterable[Cell]) -> list[str]:
    """Names of everyone but ourselves, in order of first appearance, yardsticks last."""
    seen: dict[str, bool] = {}
    for cell in cells:
        for name in cell["median"]:
            if name != cell["ours"]:
                seen.setdefault(name, name in cell["references"])
    return sorted(seen, key=lambda name: seen[name])


def rows(cells: list[Cell]) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of one operation."""
    limits = sorted({name for cell in cells for name in cell.get("percent", {})}, reverse=True)
    rivals = [name for name in columns(cells) if name not in limits]
    shares = [f"% of {name}" for name in limits]
    head = ["dtype", "size", "taps", "fastconv", "GFLOP/s", *shares, *rivals]
    body = []
    for cell in cells:
        ours = cell["median"][cell["ours"]]
        rate = f"{cell['work'] / ours / 1e9:.3g}" if cell.get("work") else ""
        ratios = [times(cell["ratio"][name]) if name in cell["ratio"] else "" for name in rivals]
        body.append(
            [cell["dtype"], cell["size"], cell.get("taps", ""), duration(ours), rate]
            + [f"{cell.get('percent', {}).get(name, math.nan):.0f}" for name in limits]
            + ratios
        )
    return head, body


def by_operation(cells: list[Cell]) -> dict[str, list[Cell]]:
    groups: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell["op"]].append(cell)
    return groups


def markdown(machine: dict[str, Any], cells: list[Cell]) -> str:
    """The tables as Markdown; figures of rivals say how many times longer they take."""
    lines = [f"{name}: {value}  " for name, value in facts(machine)]
    for op, group in by_operation(cells).items():
        head, body = rows(group)
        lines += ["", f"### {op}", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        lines += ["| " + " | ".join(row) + " |" for row in body]
    return "\n".join(lines) + "\n"


def facts(machine: dict[str, Any]) -> list[tuple[str, str]]:
    """What the figures depend on, as (name, text) pairs."""
    versions = ", ".join(f"{name} {value}" for name, value in machine.get("versions", {}).items())
    rates = machine.get("rates", {})
    return [
        ("When", machine["when"]),
        ("Machine", f"{machine.get('cpu')}, {machine.get('cpus')} CPUs"),
        (
            "fastconv",
            f"{machine.get('fastconv')}, ISA level {machine.get('isa')}, "
            f"{machine.get('threads')} threads, Python {machine.get('python')}",
        ),
        ("Rivals", versions),
        ("BLAS", "; ".join(machine.get("blas", [])) or "unknown (install threadpoolctl)"),
        (
            "Yardsticks of this run",
            f"matrix product {rates.get('sgemm_gflops')} GFLOP/s f32, "
            f"{rates.get('dgemm_gflops')} f64; copy {rates.get('copy_gbs')} GB/s",
        ),
        *(
            [("Caution", f"set, and slowing rivals down: {', '.join(machine['slowed_rivals'])}")]
            if machine.get("slowed_rivals")
            else []
        ),
    ]


def plots(cells: list[Cell]) -> list[str]:
    """One plot per dtype and taps that has at least two sizes: speed-up over size."""
    series: dict[tuple[str, str], dict[str, list[tuple[float, float]]]] = {}
    for cell in cells:
        lines = series.setdefault((cell["dtype"], cell.get("taps", "")), defaultdict(list))
        for name, ratio in cell["ratio"].items():
            if name != cell["ours"] and name not in cell["references"]:
                lines[name].append((first_number(cell["size"]), ratio))
    colours = {name: svg.COLOURS[i % len(svg.COLOURS)] for i, name in enumerate(columns(cells))}
    return [
        svg.line_plot(f"{dtype}, {taps} taps" if taps else dtype, dict(lines), colours)
        for (dtype, taps), lines in series.items()
        if any(len({x for x, _ in points}) > 1 for points in lines.values())
    ]


def page(machine: dict[str, Any], cells: list[Cell]) -> str:
    """The HTML page."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>fastconv: benchmarks</title>",
        f"<style>{STYLE}</style><h1>fastconv: benchmarks</h1><dl>",
        *(f"<dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd>" for k, v in facts(machine)),
        "</dl><p>Times are medians of interleaved runs in one process, every result checked "
        "first. A rival's figure says how many times as long as fastconv it takes: above 1, "
        "fastconv is faster. <em>copy</em> is a copy of the input, the floor of any call.</p>",
    ]
    for op, group in by_operation(cells).items():
        head, body = rows(group)
        parts.append(f"<h2>{html.escape(op)}</h2>")
        parts += [f"<figure>{plot}</figure>" for plot in plots(group)]
        parts.append("<table><tr>" + "".join(f"<th>{html.escape(h)}</th>" for h in head) + "</tr>")
        for row in body:
            cells_html = "".join(
                f"<td{' class=slower' if slower(name, text) else ''}>{html.escape(text)}</td>"
                for name, text in zip(head, row, strict=True)
            )
            parts.append(f"<tr>{cells_html}</tr>")
        parts.append("</table>")
    return "\n".join(parts) + "</html>\n"


def slower(name: str, text: str) -> bool:
    """Whether a table cell shows a rival, not a yardstick, that is faster than we are."""
    return name != "copy" and text.endswith("x") and float(text[:-1]) < 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("results", type=Path, nargs="+", help="JSON of pytest-benchmark")
    parser.add_argument("--out", type=Path, help="folder for report.html and report.md")
    arguments = parser.parse_args()
    machine: dict[str, Any] = {}
    cells: list[Cell] = []
    for path in arguments.results:
        machine, more = load(path)
        cells += more
    if not cells:
        raise SystemExit("no cells in these files: nothing to report")
    out = arguments.out or arguments.results[0].parent
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.html").write_text(page(machine, cells), encoding="utf-8")
    (out / "report.md").write_text(markdown(machine, cells), encoding="utf-8")
    print(f"{len(cells)} cells: {out / 'report.html'}, {out / 'report.md'}")


if __name__ == "__main__":
    main()
