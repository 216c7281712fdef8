/** What a bench finds out: rows of figures, one a contestant, and how each stands to bare. */
import { type Contestant, NAMES, type Name } from './contestants.ts'
import { median } from './statistics.ts'

export type Figures = Partial<Record<Name, number>>

export interface Row {
  name: string
  unit: string
  figures: Figures
  /** Each figure over that of bare, or what it has more than bare. */
  toBare?: { ratio: Figures } | { added: Figures }
  goals?: Partial<Record<Name, Goal>>
  note?: string
}

/** What is to be reached at the most, as a ratio to bare, on top of bare, or as it is. */
export interface Goal {
  of: 'ratio' | 'added' | 'figure'
  most: number
}

/** Rounds in which all took turns: what the machine did besides meets all of them alike. */
export type Rounds<T> = Map<Name, T[]>

export async function takeTurns<T, C extends Pick<Contestant, 'name'>>(
  contestants: readonly C[],
  rounds: number,
  measure: (contestant: C) => Promise<T>,
): Promise<Rounds<T>> {
  const results: Rounds<T> = new Map()
  for (let round = 0; round < rounds; round++) {
    // Each round begins with another, so that nobody always follows the same one.
    const first = round % contestants.length
    for (const contestant of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      const result = await measure(contestant)
      results.set(contestant.name, [...(results.get(contestant.name) ?? []), result])
    }
  }
  return results
}

/** The medians over the rounds; what stands against bare is taken round by round, and then the median of that. */
export function rowOf<T>(
  row: Pick<Row, 'name' | 'unit' | 'goals' | 'note'> & { against: 'ratio' | 'added' },
  rounds: Rounds<T>,
  figureOf: (result: T) => number,
): Row {
  const { against, ...rest } = row
  const figures: Figures = {}
  const toBare: Figures = {}
  const bare = rounds.get('bare')?.map(figureOf) ?? []
  for (const name of NAMES) {
    const results = rounds.get(name)?.map(figureOf)
    if (results === undefined) continue
    figures[name] = median(results)
    if (name === 'bare') continue
    toBare[name] = median(
      results.map((figure, round) => {
        const one = bare[round] ?? Number.NaN
        return against === 'ratio' ? figure / one : figure - one
      }),
    )
  }
  if (bare.length === 0) return { ...rest, figures }
  return { ...rest, figures, toBare: against === 'ratio' ? { ratio: toBare } : { added: toBare } }
}

/** The goals of the contestants that were measured, and whether they are met. */
export function verdicts({ figures, toBare, goals = {} }: Row): (Goal & { name: Name; met: boolean })[] {
  const against: Partial<Record<'ratio' | 'added', Figures>> = toBare ?? {}
  return NAMES.flatMap((name) => {
    const goal = goals[name]
    const figure = goal && (goal.of === 'figure' ? figures : against[goal.of])?.[name]
    return goal === undefined || figure === undefined ? [] : { name, ...goal, met: figure <= goal.most }
  })
}
