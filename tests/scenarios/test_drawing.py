"""Pictures in Chinese: with a font of the machine, or with a word where it has none."""

import pytest

from dispatch.messages import say, speaking
from scenarios import drawing

TITLE = "煤场库存"


@pytest.fixture(autouse=True)
def _asked_anew():
    yield
    drawing._chinese_font.cache_clear()
    drawing._say_letters_are_missing.cache_clear()


def picture() -> bytes:
    with drawing.drawing_style():
        drawn = drawing.figure(4.0, 2.0)
        drawn.subplots().set_title(TITLE)
        return drawing.png_bytes(drawn)


def test_chinese_letters_are_drawn_where_the_machine_has_a_font(capsys):
    with speaking("zh"):
        if not drawing._chinese_font():
            pytest.skip("this machine has no Chinese font")
        found = picture()
    assert found.startswith(b"\x89PNG")
    assert capsys.readouterr().err == ""


def test_a_machine_without_a_chinese_font_is_told_once_a_command(capsys, monkeypatch):
    monkeypatch.setattr(drawing.font_manager, "findSystemFonts", list)
    drawing._chinese_font.cache_clear()
    with speaking("zh"):
        for _ in range(2):
            assert picture().startswith(b"\x89PNG")
        assert capsys.readouterr().err == say("cli.no_chinese_font") + "\n"
