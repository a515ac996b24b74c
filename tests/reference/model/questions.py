"""The five questions: what each is answered from, what a true answer says, and what its proof must show
(docs/protocol.md sections 5, 6 and 12)."""

from . import compare

DIRECTION, INDEX, BAND, THRESHOLD, EQUALITY = range(1, 6)
NAMES = {DIRECTION: "direction", INDEX: "index", BAND: "band", THRESHOLD: "threshold",
         EQUALITY: "equality"}
EQUAL, RISE, FALL, DIFFERENT = range(4)
FORMULA_NAMES = {EQUAL: "equal", RISE: "rise", FALL: "fall"}


def vectors(suite, key, matrices, pair, question, limit):
    """-> {name: Enc(z)}, in the order in which they are encoded. matrices: x, y, w and d by their names."""
    x, y, w, d = (matrices.get(name) for name in "xywd")
    if question == EQUALITY:
        return {"equal": key.combine(x, y, w, pair, EQUAL)}
    if question == THRESHOLD:
        return {FORMULA_NAMES[f]: key.combine_limit(y, limit, pair, f)
                for f in (RISE, FALL, EQUAL)}
    if question == BAND:
        found = {"equal": key.combine(x, y, w, pair, EQUAL),
                 "size": key.combine_limit(d, 0, pair, FALL)}
        for f in (RISE, FALL):
            if suite.WEIGHS:
                found[f"distance_{FORMULA_NAMES[f]}"] = key.combine_distance(x, y, d, pair, f)
            else:
                found[FORMULA_NAMES[f]] = key.combine(x, y, w, pair, f)
        return found
    return {FORMULA_NAMES[f]: key.combine(x, y, w, pair, f) for f in (RISE, FALL, EQUAL)}


def plain_vectors(suite, x, y, width, question, limit):
    """The same in clear, by the definitions of section 3."""
    bx, by, bt = (compare.bits(value, width) for value in (x, y, limit))
    distance = abs(y - x)
    if question == THRESHOLD:
        return {FORMULA_NAMES[f]: compare.plain_z(by, bt, f) for f in (RISE, FALL, EQUAL)}
    of_values = {FORMULA_NAMES[f]: compare.plain_z(bx, by, f) for f in (RISE, FALL, EQUAL)}
    if question == EQUALITY:
        return {"equal": of_values["equal"]}
    if question == BAND:
        found = {"equal": of_values["equal"],
                 "size": compare.plain_z(compare.bits(distance, width), [0] * width, FALL)}
        weighed = {"distance_rise": [distance - (y - x)], "distance_fall": [distance - (x - y)]}
        return {**found, **(weighed if suite.WEIGHS else
                            {name: of_values[name] for name in ("rise", "fall")})}
    return of_values


def answer(x, y, width, question, limit):
    """-> (formula, index) that is true of plain integers."""
    if question == THRESHOLD:
        return compare.verdict(y, limit, width)[0], 0
    formula, index = compare.verdict(x, y, width)
    if question == EQUALITY:
        return EQUAL if x == y else DIFFERENT, 0
    if question == BAND and x != y:
        index = width - abs(y - x).bit_length()
    return formula, index if question in (INDEX, BAND) else 0


def claims(suite, question, formula, index):
    """-> [(kind, name of a vector, column)]: what the proof of an answer shows."""
    if formula == EQUAL:
        return [("zero", "equal", 0)]
    if question == EQUALITY:
        return [("range", "equal", 0)]
    name = FORMULA_NAMES[formula]
    if question == INDEX:
        return [("zero", name, index)]
    if question == BAND:
        return [("zero", "size", index),
                ("zero", f"distance_{name}", 0) if suite.WEIGHS else ("one of", name, 0)]
    return [("one of", name, 0)]


def _claim_holds(suite, key, context, claim, found, width, proof):
    kind, name, column = claim
    vector = found[name]
    if kind == "zero":
        return suite.zero_proof_holds(key, context, vector, column, proof)
    if kind == "one of":
        return suite.one_of_holds(key, context, vector.cells, proof)
    return suite.range_holds(key, context, vector.cells[0], 0, width, proof)


def split(proof, count):
    """Blocks of a u32be length and that many bytes, where there are two; None where it is not made of them."""
    if count == 1 or proof == b"":
        return [proof] * count
    parts = []
    for _ in range(count):
        size = int.from_bytes(proof[:4], "big")
        if len(proof) < 4 + size:
            return None
        parts.append(proof[4:4 + size])
        proof = proof[4 + size:]
    return parts if proof == b"" and any(parts) else None


def proof_holds(suite, key, context, shown, found, width, proof):
    """Does `proof` show all claims `shown` of the vectors `found`?"""
    parts = split(proof, len(shown))
    return parts is not None and all(
        _claim_holds(suite, key, context, claim, found, width, part)
        for claim, part in zip(shown, parts))
