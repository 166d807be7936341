"""Whether a number given by a state can be one: its check digits and the rules of its parts.

Each takes the number in lower case without separators.
"""

from __future__ import annotations

from collections import Counter

from router.detect.checksums import luhn, mod11_10, weighted


def always(_: str) -> bool:
    """For a shape so strict that it needs no more."""
    return True


def us_ssn(text: str) -> bool:
    """SSA's rules since 2011: no area 000, 666 or 9xx, no group 00, no serial 0000."""
    area, group, serial = text[:3], text[3:5], text[5:]
    if area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000":
        return False
    return text not in ("078051120", "219099999") and len(set(text)) > 1


def us_itin(text: str) -> bool:
    """IRS: begins with 9, the fourth and fifth digits in the ranges given out."""
    group = int(text[3:5])
    return (
        text[0] == "9" and (50 <= group <= 65 or 70 <= group <= 88 or group >= 90) and group != 93
    )


def uk_nino(text: str) -> bool:
    """HMRC NIM39110: letters never given out as prefix."""
    if text[0] in "dfiquv" or text[1] in "dfiquvo":
        return False
    return text[:2] not in ("bg", "gb", "nk", "kn", "tn", "nt", "zz")


def uk_nhs(text: str) -> bool:
    """NHS Data Dictionary: weights 10 to 2, modulo 11."""
    rest = 11 - weighted(text[:9], range(10, 1, -1)) % 11
    return rest != 10 and rest % 11 == int(text[9]) and len(set(text)) > 1


def de_steuer_id(text: str) -> bool:
    """BZSt: one digit of the first ten twice or thrice, all others at most once; MOD 11,10."""
    if text[0] == "0" or len(set(text[:10])) not in (8, 9):
        return False
    counts = sorted(Counter(text[:10]).values())
    return counts[-2] == 1 and mod11_10(text)


def de_social_security(text: str) -> bool:
    """VKVV section 4: weights 2 1 2 5 7 1 2 1 2 1 2 1 over the letter as two digits."""
    digits = text[:8] + f"{ord(text[8]) - 96:02d}" + text[9:11]
    total = sum(
        sum(divmod(int(d) * w, 10))
        for d, w in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True)
    )
    return _day(text[2:4], most=81) and _month(text[4:6]) and total % 10 == int(text[11])


def es_nif(text: str) -> bool:
    """Ministerio del Interior: the letter of the number modulo 23; X, Y, Z stand for 0, 1, 2."""
    number = str("xyz".index(text[0])) + text[1:8] if text[0] in "xyz" else text[:8]
    return "trwagmyfpdxbnjzsqvhlcke"[int(number) % 23] == text[-1]


def fr_insee(text: str) -> bool:
    """INSEE: 97 minus the number modulo 97; Corsica's 2A and 2B count as 19 and 18."""
    month = int(text[3:5])
    if not (1 <= month <= 12 or month == 20 or 30 <= month <= 42 or month >= 50):
        return False
    number = text[:13].replace("2a", "19", 1) if text[5:7] == "2a" else text[:13]
    number = number.replace("2b", "18", 1) if text[5:7] == "2b" else number
    return number.isdigit() and 97 - int(number) % 97 == int(text[13:])


_ODD = dict(zip("0123456789abcdefghijklmnopqrstuvwxyz",
    (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6,
     8, 12, 14, 16, 10, 22, 25, 24, 23), strict=True))  # fmt: skip


def it_codice_fiscale(text: str) -> bool:
    """D.M. 23 December 1976: odd places by a table, even ones by value, modulo 26."""
    odd = sum(_ODD[c] for c in text[0:15:2])
    even = sum(int(c) if c.isdigit() else ord(c) - 97 for c in text[1:15:2])
    return chr(97 + (odd + even) % 26) == text[15]


def nl_bsn(text: str) -> bool:
    """The eleven test with weight minus one for the last digit."""
    return weighted(text, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and len(set(text)) > 1


def pl_pesel(text: str) -> bool:
    """Weights 1 3 7 9; the century is in the month."""
    if not (1 <= int(text[2:4]) % 20 <= 12 and _day(text[4:6])):
        return False
    return weighted(text, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def be_national(text: str) -> bool:
    """97 minus the first nine digits modulo 97, with a 2 before them for births since 2000."""
    if int(text[2:4]) % 20 > 12 or int(text[4:6]) > 31 or len(set(text)) == 1:
        return False
    check, number = int(text[9:]), text[:9]
    return 97 - int(number) % 97 == check or 97 - int("2" + number) % 97 == check


def ch_ahv(text: str) -> bool:
    """EAN-13 check digit after the country's 756."""
    return weighted(text, (1, 3) * 6 + (1,)) % 10 == 0


def br_cpf(text: str) -> bool:
    """Receita Federal: two digits modulo 11."""
    if len(set(text)) == 1:
        return False
    return all(
        weighted(text[:n], range(n + 1, 1, -1)) * 10 % 11 % 10 == int(text[n]) for n in (9, 10)
    )


def ca_sin(text: str) -> bool:
    """Luhn, and no number begins with 8."""
    return text[0] != "8" and luhn(text)


def se_personnummer(text: str) -> bool:
    """Skatteverket: a date and Luhn over the last ten digits; 60 is added to coordination days."""
    short = text[-10:]
    return _month(short[2:4]) and _day(short[4:6], most=91) and luhn(short)


def fi_hetu(text: str) -> bool:
    """DVV: the digits modulo 31 choose the last character."""
    number = int(text[:6] + text[7:10])
    return (
        _day(text[:2])
        and _month(text[2:4])
        and "0123456789abcdefhjklmnprstuvwxy"[number % 31] == text[10]
    )


def dk_cpr(text: str) -> bool:
    """A date and four digits; CPR gave up the check digit in 2007."""
    return _day(text[:2]) and _month(text[2:4])


def pt_nif(text: str) -> bool:
    """Weights 9 to 2, modulo 11; a rest of ten or eleven is 0."""
    number = text.removeprefix("pt")
    rest = 11 - weighted(number[:8], range(9, 1, -1)) % 11
    return (0 if rest > 9 else rest) == int(number[8])


def ie_pps(text: str) -> bool:
    """Revenue: weights 8 to 2 and 9 for a second letter, modulo 23."""
    second = ord(text[8]) - 96 if len(text) > 8 and text[8] != "w" else 0
    rest = (weighted(text[:7], range(8, 1, -1)) + 9 * second) % 23
    return "wabcdefghijklmnopqrstuv"[rest] == text[7]


def au_tfn(text: str) -> bool:
    """ATO: weights 1 4 3 7 5 8 6 9 10, modulo 11."""
    return weighted(text, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def au_medicare(text: str) -> bool:
    """Weights 1 3 7 9 1 3 7 9 over eight digits are the ninth, modulo 10."""
    return weighted(text[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(text[8])


def _day(text: str, most: int = 31) -> bool:
    return 1 <= int(text) <= most


def _month(text: str) -> bool:
    return 1 <= int(text) <= 12
