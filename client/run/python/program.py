"""Runs an answer's program as `__main__`, and tells what it writes and draws.

Python 3.8 is enough for it: the tests also run it in an old Pyodide, which has matplotlib inside.
"""

import ast
import codecs
import colorsys
import io
import linecache
import os
import sys
import time
import traceback
import types
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec

# What tracebacks call the code of the answer.
NAME = "answer.py"

# Pictures are drawn with twice the pixels, for screens that have them.
SHARPNESS = 2
MAX_DPI = 300

# The ink and the paper of a picture that is shown on a dark page.
INK = (0.89, 0.92, 0.91)
PAPER = (0.08, 0.13, 0.14)


class Output(io.RawIOBase):
    """The end of `sys.stdout` and `sys.stderr`."""

    def __init__(self, kind, write):
        self._kind = kind
        self._write = write
        # A character may be cut in two by a buffer's end.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self):
        return True

    def write(self, data):
        data = bytes(data)
        self._write(self._kind, self._decoder.decode(data))
        return len(data)


class NoInput(io.TextIOBase):
    """`sys.stdin`, and so `input()`: nobody can type anything in."""

    def readable(self):
        return True

    def read(self, size=-1):
        raise EOFError("Nothing can be typed in here. Put the value into the code, in place of input().")

    readline = read


def run(source, write, picture, dark):
    """Runs `source`.

    write(kind, text) -- gets what is written: kind is "out" or "error"
    picture(png, title) -- gets each figure as the bytes of a PNG
    dark -- whether figures are shown on a dark page
    Returns the name of a module that was not found, if the program ended by that, else "".
    """
    for name in ("out", "error"):
        stream = io.TextIOWrapper(
            io.BufferedWriter(Output(name, write)), "utf-8", errors="backslashreplace", line_buffering=True
        )
        setattr(sys, "stdout" if name == "out" else "stderr", stream)
    sys.stdin = NoInput()
    figures = Figures(picture, dark)
    flush_before_sleep(write)
    linecache.cache[NAME] = (len(source), None, source.splitlines(True), NAME)
    main = types.ModuleType("__main__")
    main.__file__ = NAME
    sys.modules["__main__"] = main
    missing = ""
    try:
        figures.take_over_show()
        execute(source, main.__dict__)
        figures.show()
    except SystemExit as end:
        if end.code not in (None, 0):
            print(end.code, file=sys.stderr)
        figures.show()
    except BaseException as error:
        figures.show()
        sys.stdout.flush()
        report(error)
        if isinstance(error, ModuleNotFoundError):
            missing = (error.name or "").split(".")[0]
    sys.stdout.flush()
    sys.stderr.flush()
    return missing


def execute(source, names):
    """Runs the code, and shows the value of its last expression as a console does."""
    tree = ast.parse(source, NAME)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, NAME, "exec"), names)
    if last is not None:
        exec(compile(ast.Interactive([last]), NAME, "single"), names)


def report(error):
    """Prints a traceback that begins at the answer's own code."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename != NAME:
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


def flush_before_sleep(write):
    """All that was written is seen while the program waits."""
    sleep = time.sleep

    def flush_and_sleep(seconds):
        sys.stdout.flush()
        write("out", "")
        sleep(seconds)

    time.sleep = flush_and_sleep


class Figures:
    """Matplotlib's open figures, shown as pictures."""

    def __init__(self, picture, dark):
        self._picture = picture
        self._dark = dark
        os.environ["MPLBACKEND"] = "AGG"

    def take_over_show(self):
        """`show()` draws into no window."""
        if find_spec("matplotlib") is None:
            return
        import matplotlib.figure
        import matplotlib.pyplot

        matplotlib.pyplot.show = lambda *args, **options: self.show()
        matplotlib.figure.Figure.show = lambda figure, warn=True: self._show(figure)

    def show(self):
        plots = sys.modules.get("matplotlib.pyplot")
        for number in plots.get_fignums() if plots else ():
            self._show(plots.figure(number))

    def _show(self, figure):
        sys.stdout.flush()
        title = title_of(figure)
        data = io.BytesIO()
        with shades(figure, self._dark):
            figure.savefig(
                data,
                format="png",
                dpi=min(SHARPNESS * figure.dpi, MAX_DPI),
                facecolor=figure.get_facecolor(),
                edgecolor="none",
            )
        self._picture(data.getvalue(), title)
        sys.modules["matplotlib.pyplot"].close(figure)


def title_of(figure):
    """What a figure says about itself: its titles, else the names of its axes."""
    heading = getattr(figure, "_suptitle", None)
    titles = [heading.get_text()] if heading else []
    titles += [axes.get_title() for axes in figure.axes]
    if not any(titles):
        for axes in figure.axes:
            names = [getattr(axes, f"get_{axis}label", str)() for axis in "xyz"]
            titles.append(", ".join(filter(None, names)))
    return "; ".join(" ".join(title.split()) for title in titles if title.strip())


@contextmanager
def shades(figure, dark):
    """Gives black, white and grey the page's dark ink and paper meanwhile. Colours stay as they are."""
    undo = []

    def turn(get, put):
        try:
            value = get()
            turned = turned_shade(value)
            if turned is not None:
                put(turned)
                undo.append((put, value))
        except Exception:
            # Not every artist has one colour for each of its parts.
            pass

    try:
        if dark:
            for artist in figure.findobj():
                if getattr(artist, "get_array", lambda: None)() is not None:
                    continue
                for part in ("color", "facecolor", "edgecolor"):
                    if hasattr(artist, "get_" + part):
                        turn(getattr(artist, "get_" + part), getattr(artist, "set_" + part))
            for wall, line, grid in walls_of(figure):
                turn(wall.get_facecolor, wall.set_facecolor)
                turn(wall.get_edgecolor, wall.set_edgecolor)
                turn(line.get_color, line.set_color)
                turn(partial(grid.get, "color"), partial(grid.__setitem__, "color"))
        yield
    finally:
        for put, value in reversed(undo):
            put(value)


def walls_of(figure):
    """The walls of 3D axes, with their lines and grids, which are no artists of the figure."""
    for axes in figure.axes:
        for name in ("xaxis", "yaxis", "zaxis"):
            axis = getattr(axes, name, None)
            if hasattr(axis, "pane"):
                yield axis.pane, axis.line, getattr(axis, "_axinfo", {}).get("grid", {})


def turned_shade(value):
    """The shade that a black, grey or white has on a dark page; None for colours."""
    from matplotlib.colors import to_rgba, to_rgba_array

    rows = to_rgba_array(value)
    if len(rows) != 1:
        return None
    red, green, blue, alpha = to_rgba(rows[0])
    _, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    if saturation > 0.05 or alpha == 0:
        return None
    return tuple(ink + (paper - ink) * lightness for ink, paper in zip(INK, PAPER)) + (alpha,)
