"""Draws CVs with ReportLab. Standard input is a list of pages as JSON, each with its blocks, its layout and the path of its file."""

import json
import os
import sys
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, FrameBreak, PageTemplate, Paragraph, Table

WIDTH, HEIGHT = A4
SIZES = {"name": 19, "heading": 12.5}
WIDE = "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"


def fonts(order):
    """The standard fonts where they have every letter, else one that has those of East Asia."""
    text = "".join(cell for _, cells in order["all"] for cell in cells)
    try:
        text.replace("•", "").encode("cp1252")
        return "Helvetica", "Helvetica-Bold"
    except UnicodeEncodeError:
        if not os.path.exists(WIDE):
            raise SystemExit("install the package `fonts-droid-fallback`, or run `cargo xtask provision`")
        if "Wide" not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont("Wide", WIDE))
        return "Wide", "Wide"


def paragraphs(blocks, plain, bold):
    """The blocks as flowables; rows that follow each other are one table."""
    styles = {
        "name": ParagraphStyle("name", fontName=bold, fontSize=19, leading=24, splitLongWords=0),
        "heading": ParagraphStyle("heading", fontName=bold, fontSize=12.5, leading=16, spaceBefore=8, splitLongWords=0),
        "plain": ParagraphStyle("plain", fontName=plain, fontSize=9.5, leading=12, splitLongWords=0),
        "bullet": ParagraphStyle("bullet", fontName=plain, fontSize=9.5, leading=12, leftIndent=12, splitLongWords=0),
    }
    flowables, rows = [], []
    for kind, cells in blocks + [["end", []]]:
        if kind != "row" and rows:
            flowables.append(Table(rows, hAlign="LEFT", style=[("VALIGN", (0, 0), (-1, -1), "TOP")]))
            rows = []
        if kind == "row":
            rows.append([Paragraph(escape(cell), styles["plain"]) for cell in cells])
        elif kind == "dated":
            right = ParagraphStyle("right", parent=styles["plain"], alignment=2)
            ends = [Paragraph(escape(cells[0]), styles["plain"]), Paragraph(escape(" ".join(cells[1:])), right)]
            flowables.append(Table([ends], colWidths=["68%", "32%"], style=[("LEFTPADDING", (0, 0), (-1, -1), 0)]))
        elif kind == "bullet":
            flowables.append(Paragraph(escape(cells[0]), styles["bullet"], bulletText="•"))
        elif kind != "end":
            flowables.append(Paragraph(escape(cells[0]), styles[kind]))
    return flowables


def flow(order, plain, bold):
    two = order["layout"] == "frames"
    document = BaseDocTemplate(order["path"], pagesize=A4)
    if two:
        frames = [Frame(40, 40, 165, HEIGHT - 80, id="side"), Frame(215, 40, 340, HEIGHT - 80, id="main")]
        story = paragraphs(order["side"], plain, bold) + [FrameBreak()] + paragraphs(order["main"], plain, bold)
    else:
        frames = [Frame(50, 40, WIDTH - 100, HEIGHT - 80)]
        story = paragraphs(order["all"], plain, bold)
    document.addPageTemplates([PageTemplate(frames=frames)])
    document.build(story)


class Pen:
    """Lines down a column by coordinates, on a further page where one is full."""

    def __init__(self, order, plain, bold):
        self.canvas = Canvas(order["path"], pagesize=A4)
        self.layout, self.plain, self.bold = order["layout"], plain, bold

    def line(self, left, bottom, text, font, size, heading):
        canvas = self.canvas
        if self.layout == "words":
            for word in text.split():
                canvas.setFont(font, size)
                canvas.drawString(left, bottom, word)
                left += pdfmetrics.stringWidth(word + " ", font, size)
            return
        if self.layout == "kerned":
            canvas.setFont(font, size)
            parts = []
            for word in text.split():
                codes = word.encode("cp1252")
                pairs = [codes[at : at + 2] for at in range(0, len(codes), 2)]
                hexed = " 18 ".join("<%s>" % pair.hex() for pair in pairs)
                parts.append(hexed)
            canvas._code.append("BT 1 0 0 1 %.2f %.2f Tm %s %.1f Tf [%s] TJ ET" % (
                left, bottom, pdfmetrics_name(canvas, font), size, " -270 ".join(parts)))
            return
        drawn = canvas.beginText(left, bottom)
        drawn.setFont(font, size)
        if self.layout == "spaced" and heading:
            drawn.setCharSpace(size * 0.35)
        drawn.textOut(text)
        drawn.setCharSpace(0)
        canvas.drawText(drawn)

    def column(self, blocks, left, right):
        bottom = HEIGHT - 50
        for kind, cells in blocks:
            font = self.bold if kind in SIZES else self.plain
            size = SIZES.get(kind, 9.5)
            bottom -= 8 if kind == "heading" else 0
            if bottom < 50:
                self.canvas.showPage()
                bottom = HEIGHT - 50
            if kind in ("dated", "row"):
                step = (right - left) / len(cells)
                for number, cell in enumerate(cells):
                    at = left + step * number
                    if kind == "dated" and number > 0:
                        at = right - pdfmetrics.stringWidth(cell, font, size)
                    self.line(at, bottom, cell, font, size, False)
                bottom -= size * 1.35
                continue
            indent = 12 if kind == "bullet" else 0
            lines = simpleSplit(cells[0].replace("\u00a0", " "), font, size, right - left - indent)
            for number, text in enumerate(lines):
                if kind == "bullet" and number == 0:
                    self.line(left, bottom, "•", font, size, False)
                self.line(left + indent, bottom, text, font, size, kind == "heading")
                bottom -= size * 1.35


def pdfmetrics_name(canvas, font):
    """How the page calls a font that is in use."""
    return canvas._doc.getInternalFontName(font)


def drawn(order, plain, bold):
    pen = Pen(order, plain, bold)
    if order["layout"] == "right-first":
        pen.column(order["main"], 225, 560)
        pen.column(order["side"], 40, 200)
    else:
        pen.column(order["all"], 50, WIDTH - 50)
    pen.canvas.save()


for order in json.load(sys.stdin):
    plain, bold = fonts(order)
    (flow if order["layout"] in ("flow", "frames") else drawn)(order, plain, bold)
