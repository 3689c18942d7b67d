#!/usr/bin/env python3
"""Serves the judged set by SQLite FTS5, for comparison: needs nothing but Python.

    cargo run -p search --example relevance -- /tmp && python3 search/compare_fts5.py /tmp/judged-*.json

Weights of columns are those of our own fields. Each way of asking is tried on each tokenizer; the last word is asked for
by its beginning, as ours is; where nothing has all words, any will do, as ours does."""
import json
import math
import re
import sqlite3
import sys

COLUMNS = ["title", "place", "labels", "summary", "description"]
WEIGHTS = "5.0, 3.5, 3.0, 1.6, 1.0"


def words(text):
    return re.findall(r"\w+", text.replace("'", " ").replace("’", " "))


def asked(text, trigram):
    found = words(text)
    if trigram:
        found = [w for w in found if len(w) >= 3]
        grams = ['"%s"' % w[i : i + 3] for w in found for i in range(len(w) - 2)]
        return [" OR ".join(grams)]
    quoted = ['"%s"' % w for w in found]
    quoted[-1] += " *"
    return [" AND ".join(quoted), " OR ".join(quoted)]


def serve(data, tokenizer):
    db = sqlite3.connect(":memory:")
    db.execute(f"CREATE VIRTUAL TABLE e USING fts5({', '.join(COLUMNS)}, tokenize = '{tokenizer}')")
    rows = [[i + 1] + [e[c] for c in COLUMNS] for i, e in enumerate(data["events"])]
    db.executemany("INSERT INTO e(rowid, title, place, labels, summary, description) VALUES (?,?,?,?,?,?)", rows)
    for query in data["queries"]:
        found = []
        for match in asked(query["text"], tokenizer.startswith("trigram")):
            if match:
                sql = f"SELECT rowid FROM e WHERE e MATCH ? ORDER BY bm25(e, {WEIGHTS}) LIMIT 50"
                found = [row[0] - 1 for row in db.execute(sql, (match,))]
            if found:
                break
        yield query, found


def score(query, found):
    gain = lambda worth, at: (2**worth - 1) / math.log2(at + 2)
    total = lambda worths: sum(gain(w, at) for at, w in enumerate(worths[:10]))
    worth = query["worth"]
    meant = min(50, worth.count(3))
    ndcg = total([worth[n] for n in found]) / total(sorted(worth, reverse=True))
    return ndcg, sum(worth[n] == 3 for n in found) / meant


for file in sys.argv[1:]:
    data = json.load(open(file))
    for tokenizer in ["unicode61 remove_diacritics 2", "porter unicode61 remove_diacritics 2", "trigram"]:
        by_kind = {}
        for query, found in serve(data, tokenizer):
            for kind in ("all", query["kind"]):
                by_kind.setdefault(kind, []).append(score(query, found))
        print(f"\n{file}: SQLite {sqlite3.sqlite_version}, FTS5, {tokenizer}")
        for kind, scores in by_kind.items():
            mean = [sum(s[i] for s in scores) / len(scores) for i in (0, 1)]
            print(f"{kind:<36} {len(scores):>4} {mean[0]:>8.3f} {mean[1]:>10.3f}")
