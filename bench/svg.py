"""Line plots with two logarithmic axes, as SVG text."""

import html
import math

COLOURS = ("#1668b5", "#d1602b", "#2a9247", "#8a4fb0", "#b8860b", "#c2185b", "#00838f", "#6b6b6b")
WIDTH, HEIGHT = 420, 280
LEFT, RIGHT, TOP, BOTTOM = 48, 130, 30, 36


def ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 times powers of ten inside [low, high]; fewer where the span is wide."""
    steps = (1, 2, 5) if high / low < 300 else (1,)
    start, stop = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = [step * 10.0**power for power in range(start, stop + 1) for step in steps]
    return [tick for tick in every if low <= tick <= high * 1.0001]


def line_plot(
    title: str, lines: dict[str, list[tuple[float, float]]], colours: dict[str, str]
) -> str:
    """SVG of `lines` (name -> points x, y, both positive); y = 1 is drawn as a heavy line."""
    points = [p for line in lines.values() for p in line if p[0] > 0 and p[1] > 0]
    x_low, x_high = min(x for x, _ in points), max(x for x, _ in points)
    y_low = min(0.5, *(y for _, y in points))
    y_high = max(2.0, *(y for _, y in points)) * 1.2

    def at(x: float, y: float) -> tuple[float, float]:
        across = math.log(x / x_low) / math.log(x_high / x_low)
        up = math.log(y / y_low) / math.log(y_high / y_low)
        return (
            LEFT + across * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM),
        )

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif" font-size="11">',
        f'<text x="{LEFT}" y="16" font-size="13" font-weight="600">{html.escape(title)}</text>',
    ]
    right = WIDTH - RIGHT
    for tick in ticks(y_low, y_high):
        _, y = at(x_low, tick)
        heavy = "#222" if tick == 1 else "#ddd"
        out.append(f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{heavy}"/>')
        out.append(f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{tick:g}x</text>')
    for x_value in sorted({x for x, _ in points}):
        x, _ = at(x_value, y_low)
        text = f"{x_value / 1e6:g}M" if x_value >= 1e6 else f"{x_value:g}"
        out.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{text}</text>'
        )
    middle = (LEFT + right) / 2
    out.append(f'<text x="{middle}" y="{HEIGHT - 4}" text-anchor="middle">size</text>')
    labels = []
    for name, line in lines.items():
        path = [at(x, y) for x, y in sorted(line)]
        colour = colours[name]
        text = " ".join(f"{x:.1f},{y:.1f}" for x, y in path)
        out.append(f'<polyline points="{text}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in path]
        labels.append((path[-1][1], name, colour))
    lowest = float("-inf")
    for y, name, colour in sorted(labels):
        y = max(y + 4, lowest + 13)  # labels stay apart
        lowest = y
        out.append(f'<text x="{right + 8}" y="{y:.1f}" fill="{colour}">{html.escape(name)}</text>')
    return "\n".join([*out, "</svg>"])
