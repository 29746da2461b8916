import pytest

from services.errors import Invalid
from services.imports import cells


@pytest.mark.parametrize("text", ["да", "ДА", "yes", "True", "1", "+"])
def test_yes(text: str) -> None:
    assert cells.check_yes_no(text) is True


@pytest.mark.parametrize("text", ["нет", "Нет", "no", "FALSE", "0", "-"])
def test_no(text: str) -> None:
    assert cells.check_yes_no(text) is False


@pytest.mark.parametrize("text", ["может быть", "2", "данет"])
def test_neither(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        cells.check_yes_no(text)
    assert caught.value.code == "yes_or_no"


@pytest.mark.parametrize(
    ("text", "degrees"), [("55,7512", 55.7512), ("-37.5", -37.5), ("\u221233", -33.0), (" 0 ", 0.0)]
)
def test_degrees(text: str, degrees: float) -> None:
    assert cells.check_degrees(text) == degrees


@pytest.mark.parametrize("text", ["", "север", "55°45'", "1e1", "nan", "inf", "5555", "٥٥", "55,75,1"])
def test_no_degrees(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        cells.check_degrees(text)
    assert caught.value.code == "degrees"
