"""Is a processor called what people call it?"""

import sys
from pathlib import Path

import psutil
import pytest

from lmcore.training import processor
from lmcore.training.devices import choose_device
from lmcore.training.processor import name_in, processor_name, tidied


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Intel(R) Xeon(R) CPU @ 2.20GHz", "Intel Xeon"),
        ("Intel(R) Xeon(R) Processor", "Intel Xeon"),
        ("Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz", "Intel Xeon E5-2686 v4"),
        ("Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz", "Intel Core i7-8550U"),
        ("12th Gen Intel(R) Core(TM) i7-12700H", "12th Gen Intel Core i7-12700H"),
        ("AMD Ryzen 7 5800X 8-Core Processor             ", "AMD Ryzen 7 5800X"),
        ("AMD Ryzen 7 PRO 5850U with Radeon Graphics", "AMD Ryzen 7 PRO 5850U"),
        ("AMD Ryzen AI 9 HX 370 w/ Radeon 890M", "AMD Ryzen AI 9 HX 370"),
        ("AMD Phenom(tm) II X4 955 Processor", "AMD Phenom II X4 955"),
        ("Apple M2 Pro\n", "Apple M2 Pro"),
        (
            "Snapdragon(R) X Elite - X1E80100 - Qualcomm(R) Oryon(TM) CPU",
            "Snapdragon X Elite - X1E80100 - Qualcomm Oryon",
        ),
        ("", ""),
    ],
)
def test_a_name_is_without_signs_and_clock(written: str, name: str) -> None:
    assert tidied(written) == name


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [
        (
            "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon(R)\n\nprocessor\t: 1\nmodel name\t: another\n",
            "Intel(R) Xeon(R)",
        ),
        (
            "processor\t: 0\nBogoMIPS\t: 108.00\n\nHardware\t: BCM2835\nModel\t\t: Raspberry Pi 5 Model B\n",
            "Raspberry Pi 5 Model B",
        ),
        ("processor\t: 0\nCPU implementer\t: 0x41\n", ""),
        ("processor : 0\ncpu : POWER9, altivec supported\n", "POWER9, altivec supported"),
    ],
)
def test_the_first_processor_of_the_list_is_named(cpuinfo: str, name: str) -> None:
    assert name_in(cpuinfo) == name


def test_a_machine_that_does_not_say_it_has_a_cpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "nothing")
    assert processor_name() == "CPU"


def test_a_device_has_the_name_and_the_cores() -> None:
    cores = psutil.cpu_count(logical=False)
    assert choose_device("cpu").name == f"{processor_name()}, {cores} {'core' if cores == 1 else 'cores'}"
