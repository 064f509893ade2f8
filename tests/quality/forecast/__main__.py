"""`make forecast ATTACKS=file.csv`: the three models by rolling origin on a table of attacks, or on simulated ones.

The table has the columns date, province and district. Without one, the project's own simulator makes the attacks.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fusionbus.streams.patterns.forecast.models import Model
from fusionbus.streams.patterns.forecast.weeks import said, start_of
from quality.forecast.measures import TOP, Difference, Tally, brier_difference, hit_difference, reliability, tallied
from quality.forecast.origins import Told, origins, read
from quality.forecast.pictures import NAMES, draw_reliability, draw_skill
from quality.forecast.simulated import FIRST_WEEK, attacks

SEED, SIMULATED_WEEKS, LEARNING_WEEKS = 7, 260, 104
console = Console(highlight=False)


def main() -> None:
    """Forecasts, scores, prints and draws."""
    wish = _wish()
    if wish.attacks is None:
        cases = {
            "attacks excite none": attacks(SEED, SIMULATED_WEEKS, exciting=False),
            "attacks excite others": attacks(SEED, SIMULATED_WEEKS, exciting=True),
        }
        weeks = range(FIRST_WEEK + LEARNING_WEEKS, FIRST_WEEK + SIMULATED_WEEKS)
    else:
        try:
            cases = {wish.attacks.name: read(wish.attacks)}
        except (OSError, ValueError) as exc:
            sys.exit(str(exc))
        first, last = cases[wish.attacks.name].attacks[0].week, cases[wish.attacks.name].attacks[-1].week
        held = [week for week in range(first, last + 1) if wish.since <= start_of(week).year <= wish.until]
        weeks = range(held[0], held[-1] + 1) if held else sys.exit(f"{wish.attacks} has no week in those years.")
    skills = {}
    for name, case in cases.items():
        tallies = tallied(origins(case, weeks))
        _tell(name, case, weeks, tallies)
        skills[name] = {
            model: brier_difference(tallies[model], tallies[Model.CLIMATOLOGY])
            for model in (Model.EWMA, Model.SELF_EXCITING)
        }
    drawn = [draw_reliability(tallies, wish.out / "forecast-reliability.png")]
    drawn.append(draw_skill(skills, wish.out / "forecast-skill.png"))
    console.print(f"\nDrawn (reliability of the last table): {', '.join(map(str, drawn))}", soft_wrap=True)


def _wish() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attacks", type=Path, help="CSV with date, province, district; none: simulated attacks")
    parser.add_argument("--since", type=int, default=2008, help="first year that is scored; all before is learnt from")
    parser.add_argument("--until", type=int, default=9999, help="last year that is scored")
    parser.add_argument("--out", type=Path, default=Path("quality"), help="folder for the plots")
    return parser.parse_args()


def _tell(name: str, case: Told, weeks: range, tallies: Mapping[Model, Tally]) -> None:
    console.width = max(console.width, 120)  # a difference with its interval stays on one line in a file
    table = Table("", "Brier", *(f"hits in top {top:.0%}" for top in TOP), title=name)
    for model, tally in tallies.items():
        table.add_row(NAMES[model], f"{tally.brier:.5f}", *(f"{tally.hit_rate(top):.1%}" for top in TOP))
    pairs = [(Model.EWMA, Model.CLIMATOLOGY), (Model.SELF_EXCITING, Model.CLIMATOLOGY)]
    for one, two in [*pairs, (Model.SELF_EXCITING, Model.EWMA)]:
        hits = (hit_difference(tallies[one], tallies[two], top) for top in TOP)
        table.add_row(
            f"{NAMES[one]} less {NAMES[two]}",
            _said(brier_difference(tallies[one], tallies[two]), "+.5f"),
            *(_said(each, "+.1%") for each in hits),
        )
    console.print(table)
    console.print(
        f"{len(weeks)} weeks ({said(weeks[0])} and on), {len(case.ground.names)} districts, "
        f"{sum(tallies[Model.EWMA].attacks):,} attacks. In brackets 95 % by bootstrap over blocks of four weeks."
    )
    _tell_reliability(tallies[Model.SELF_EXCITING])


def _tell_reliability(tally: Tally) -> None:
    table = Table("said", "so", "95 % (Wilson)", "district-weeks", title="Reliability of the self-exciting model")
    for each in reliability(tally.said):
        table.add_row(f"{each.said:.1%}", f"{each.so:.1%}", f"{each.low:.1%} to {each.high:.1%}", f"{each.number:,}")
    console.print(table)


def _said(each: Difference, form: str) -> str:
    return f"{each.value:{form}} ({each.low:{form}} to {each.high:{form}})"


if __name__ == "__main__":
    main()
