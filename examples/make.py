"""Makes the examples that no text editor writes: Office, PDF, EPUB and mail files for `examples/corpus/more`.

    python3 -m venv venv
    venv/bin/pip install python-docx python-pptx openpyxl reportlab odfpy ebooklib xlwt
    venv/bin/python examples/make.py
"""

import datetime
import email.message
import email.utils
import io
import json
import pathlib
import tarfile
import zipfile

import docx
import ebooklib.epub
import odf.opendocument
import odf.style
import odf.table
import odf.text
import openpyxl
import pptx
import xlwt
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

MORE = pathlib.Path(__file__).parent / "corpus" / "more"
DAY = datetime.datetime(2026, 2, 2, 9, 0, 0)


def word():
    file = docx.Document()
    file.core_properties.title = "Voyager"
    file.core_properties.author = "The observatory"
    file.core_properties.created = file.core_properties.modified = DAY
    file.add_heading("Voyager", 1)
    file.add_paragraph(
        "Voyager 1 and Voyager 2 were launched in 1977. Both carry a golden record with sounds and pictures of Earth."
    )
    file.add_heading("Where they went", 2)
    for place in ["Both flew past Jupiter and Saturn.", "Voyager 2 alone flew past Uranus and Neptune."]:
        file.add_paragraph(place, style="List Bullet")
    file.add_heading("Power", 2)
    file.add_paragraph(
        "Each probe is powered by the heat of decaying plutonium, which gives about four watts less every year."
    )
    table = file.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ["Probe", "Launched", "Left the heliosphere"]):
        cell.text = text
    for row in [["Voyager 1", "5 September 1977", "2012"], ["Voyager 2", "20 August 1977", "2018"]]:
        for cell, text in zip(table.add_row().cells, row):
            cell.text = text
    file.save(MORE / "voyager.docx")


def slides():
    file = pptx.Presentation()
    file.core_properties.title = "Telescopes"
    file.core_properties.author = "The observatory"
    for title, lines, notes in [
        ("Telescopes", ["A mirror gathers more light than a lens of the same price"], "Welcome everybody."),
        (
            "The James Webb Space Telescope",
            ["Its mirror is 6.5 metres wide and made of 18 segments", "It sees infrared light"],
            "It circles the point L2, about 1.5 million kilometres from Earth.",
        ),
        ("Radio", ["The dish of Effelsberg is 100 metres wide"], "Radio telescopes work in daylight too."),
    ]:
        slide = file.slides.add_slide(file.slide_layouts[1])
        slide.shapes.title.text = title
        frame = slide.placeholders[1].text_frame
        frame.text = lines[0]
        for line in lines[1:]:
            frame.add_paragraph().text = line
        slide.notes_slide.notes_text_frame.text = notes
    file.save(MORE / "telescopes.pptx")


def sheet():
    book = openpyxl.Workbook()
    book.properties.creator = "The observatory"
    book.properties.title = "Dwarf planets"
    page = book.active
    page.title = "Dwarf planets"
    page.append(["Name", "Diameter, km", "Year, Earth years", "Moons"])
    for row in [["Pluto", 2377, 248, 5], ["Eris", 2326, 559, 1], ["Haumea", 1560, 284, 2], ["Makemake", 1430, 306, 1],
                ["Ceres", 939, 4.6, 0]]:
        page.append(row)
    page["A8"], page["D8"] = "All", 9
    other = book.create_sheet("Found")
    for row in [["Name", "Found"], ["Ceres", datetime.date(1801, 1, 1)], ["Pluto", datetime.date(1930, 2, 18)]]:
        other.append(row)
    book.save(MORE / "dwarf-planets.xlsx")


def old_sheet():
    book = xlwt.Workbook()
    page = book.add_sheet("Eclipses")
    date = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    page.write_merge(0, 0, 0, 2, "Solar eclipses of the sixties")
    rows = [["Date", "Kind", "Longest, minutes"], [datetime.date(1961, 2, 15), "total", 2.75],
            [datetime.date(1966, 5, 20), "annular", 0.1], [datetime.date(1968, 9, 22), "total", 0.67]]
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            style = date if isinstance(value, datetime.date) else xlwt.Style.default_style
            page.write(number, column, value, style)
    other = book.add_sheet("Saros")
    for number, row in enumerate([["Series", "Years between two"], [120, 18.03], [139, 18.03]]):
        for column, value in enumerate(row):
            other.write(number, column, value)
    book.save(str(MORE / "eclipses.xls"))


def page():
    styles = getSampleStyleSheet()
    file = SimpleDocTemplate(str(MORE / "comets.pdf"), pagesize=A4, title="Comets", author="The observatory",
                             invariant=1)
    table = Table([["Comet", "Year, Earth years"], ["Encke", "3.3"], ["Halley", "76"], ["Hale-Bopp", "2,500"]])
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black")]))
    file.build([
        Paragraph("Comets", styles["Title"]),
        Paragraph("A comet is a lump of ice and dust, a few kilometres wide. Near the Sun the ice turns to gas, and the "
                  "comet grows a tail that always points away from the Sun.", styles["BodyText"]),
        Spacer(1, 12),
        table,
        PageBreak(),
        Paragraph("Halley", styles["Heading1"]),
        Paragraph("Comet Halley comes back every 76 years. It was last near the Sun in 1986 and will be again in 2061. "
                  "The probe Giotto flew past its nucleus at a distance of 596 kilometres.", styles["BodyText"]),
    ])


def text_document():
    file = odf.opendocument.OpenDocumentText()
    heading = odf.style.Style(name="Heading 1", family="paragraph")
    file.styles.addElement(heading)
    file.text.addElement(odf.text.H(outlinelevel=1, stylename=heading, text="Asteroids"))
    file.text.addElement(odf.text.P(
        text="Most asteroids circle the Sun between Mars and Jupiter. All of them together weigh less than the Moon."))
    items = odf.text.List()
    for text in ["Vesta is the brightest.", "Psyche is made of metal for the most part."]:
        item = odf.text.ListItem()
        item.addElement(odf.text.P(text=text))
        items.addElement(item)
    file.text.addElement(items)
    table = odf.table.Table(name="Sizes")
    for row in [["Asteroid", "Diameter, km"], ["Vesta", "525"], ["Pallas", "513"]]:
        line = odf.table.TableRow()
        for text in row:
            cell = odf.table.TableCell()
            cell.addElement(odf.text.P(text=text))
            line.addElement(cell)
        table.addElement(line)
    file.text.addElement(table)
    file.save(MORE / "asteroids.odt")


def book():
    file = ebooklib.epub.EpubBook()
    file.set_identifier("patou-tides")
    file.set_title("Tides")
    file.set_language("en")
    file.add_author("The observatory")
    chapters = []
    for number, (title, text) in enumerate([
        ("Why the sea rises", "The Moon pulls harder on the near side of Earth than on the far side, and so the sea "
                              "rises on both."),
        ("Spring and neap", "At new and full moon Sun and Moon pull along one line, and the tides are highest: "
                            "spring tides."),
    ], 1):
        chapter = ebooklib.epub.EpubHtml(title=title, file_name=f"chapter{number}.xhtml", lang="en")
        chapter.content = f"<h1>{title}</h1><p>{text}</p>"
        file.add_item(chapter)
        chapters.append(chapter)
    file.toc = chapters
    file.add_item(ebooklib.epub.EpubNcx())
    file.add_item(ebooklib.epub.EpubNav())
    file.spine = chapters
    ebooklib.epub.write_epub(str(MORE / "tides.epub"), file)


def mail():
    message = email.message.EmailMessage()
    message["Subject"] = "The next eclipse"
    message["From"] = "Ada <ada@observatory.example>"
    message["To"] = "Club <club@observatory.example>"
    message["Date"] = email.utils.format_datetime(DAY.replace(tzinfo=datetime.timezone.utc))
    message["Message-ID"] = "<eclipse@observatory.example>"
    message.set_content("We meet at the north gate at six to watch the total eclipse of 12 August 2026.\n")
    message.add_attachment("place,totality in seconds\nReykjavik,60\nBurgos,104\n", subtype="csv",
                           filename="totality.csv")
    (MORE / "eclipse.eml").write_bytes(message.as_bytes())


def notebook():
    cell = lambda kind, text, **more: {"cell_type": kind, "metadata": {}, "source": text, **more}
    cells = [
        cell("markdown", "# Escape velocity\n\nHow fast a stone must be to leave a planet for good."),
        cell("code", "(2 * 6.674e-11 * 5.972e24 / 6.371e6) ** 0.5", execution_count=1, outputs=[
            {"output_type": "execute_result", "execution_count": 1, "metadata": {},
             "data": {"text/plain": "11185.97789184991"}}]),
    ]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}
    (MORE / "escape.ipynb").write_text(json.dumps(book, indent=1) + "\n")


def archives():
    files = {"rings/saturn.md": "# Rings of Saturn\n\nThe rings are ice, and in most places about ten metres thick.\n",
             "rings/uranus.md": "# Rings of Uranus\n\nThe thirteen rings of Uranus are as dark as coal.\n"}
    with zipfile.ZipFile(MORE / "rings.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in files.items():
            file.writestr(zipfile.ZipInfo(name, DAY.timetuple()[:6]), text)
    with tarfile.open(MORE / "belts.tar.gz", "w:gz") as file:
        text = b"# The Kuiper belt\n\nBeyond Neptune lies a belt of icy bodies; Arrokoth is the farthest one visited.\n"
        entry = tarfile.TarInfo("belts/kuiper.md")
        entry.size = len(text)
        file.addfile(entry, io.BytesIO(text))


def plain():
    (MORE / "sun.rst").write_text(
        "The Sun\n=======\n\nThe Sun holds 99.8 percent of the mass of the Solar System.\n\nInside\n------\n\n"
        "* The core is about 15 million degrees hot.\n* Light needs a hundred thousand years to find its way out.\n")
    (MORE / "aurora.adoc").write_text(
        "= Aurora\n:author: The observatory\n\nAuroras glow where particles of the solar wind hit the air.\n\n"
        "== Colours\n\n* Green comes from oxygen at about 100 kilometres.\n* Purple comes from nitrogen.\n")
    (MORE / "meteors.rtf").write_text(
        "{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Helvetica;}}{\\info{\\title Meteors}{\\author The observatory}}"
        "{\\pard\\fs36\\b Meteors\\par}{\\pard The Perseids come every August, when Earth crosses the trail of comet "
        "Swift\\endash Tuttle.\\par}{\\pard Most meteors are no bigger than a grain of sand.\\par}}\n")


if __name__ == "__main__":
    MORE.mkdir(parents=True, exist_ok=True)
    for make in [word, slides, sheet, old_sheet, page, text_document, book, mail, notebook, archives, plain]:
        make()
